#pragma once

// The inside of `supervisor_actor`.

#include "actors/caf/supervisor_actor.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <deque>
#include <memory>
#include <unordered_map>

namespace reeve::actors {

/// What a supervisor tells itself.
struct carry_on {};
struct try_start_again {
  std::size_t child;
};
struct shutdown_time_over {
  std::uint64_t round;
};

} // namespace reeve::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::carry_on)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::try_start_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::shutdown_time_over)

namespace reeve::actors {

using supervisor_internals =
  supervisor_actor::extend<caf::reacts_to<carry_on>, caf::reacts_to<try_start_again>,
                           caf::reacts_to<shutdown_time_over>>;

class supervisor_state;
using supervisor_pointer = supervisor_internals::stateful_pointer<supervisor_state>;

/// A plan is carried out step by step: stops, then starts; a step that waits (for a
/// child's end, or for a supervisor's children) is named by `stopping_` or
/// `starting_`. Jobs are what happened or was ordered meanwhile.
class supervisor_state {
public:
  std::string name = "supervisor"; ///< read by CAF, and by the report of slow handlers

  void begin(supervisor_pointer self, supervisor_spec spec);
  ~supervisor_state();

  void carry_on();
  void child_down(const caf::down_msg& down);
  void asked_to_exit(const caf::error& reason);
  void kill_if_late(std::uint64_t round);
  void start_again(std::size_t index);
  void add(child_spec spec);
  void remove(const std::string& child);
  caf::result<actor_tree> tree();
  caf::result<children_started> wait_for_start();

private:
  struct child {
    child_spec spec;
    caf::actor handle; ///< empty: not running
    int respawns = 0;
    bool was_started = false;
    bool wants_retry = false;            ///< its last start failed
    std::optional<exit_kind> unanswered; ///< how it ended, until that is decided on
  };

  child* at(std::size_t index);
  std::size_t append(child_spec spec);
  void enqueue(std::function<void()> job);
  void handle_end(std::size_t index);
  void retry(std::size_t index);
  void remove_now(const std::string& name);
  void forget(std::size_t index);
  void carry_out(child_group::decision decision, const std::string& cause);
  bool step();
  void finish_plan();
  void stop(std::size_t index);
  void start(std::size_t index);
  void count_start(child& c);
  void await_children(std::size_t index);
  void start_failed(std::size_t index);
  void arm(caf::actor_clock::time_point due);
  void ask_subtree(const child& c, std::size_t place, std::shared_ptr<actor_tree> whole,
                   std::shared_ptr<std::size_t> missing,
                   caf::typed_response_promise<actor_tree> answer);
  mono_time now() const;

  supervisor_pointer self_ = nullptr;
  supervisor_spec spec_;
  std::optional<child_group> group_;
  std::vector<std::unique_ptr<child>> children_; ///< as in `group_`; empty: removed
  std::unordered_map<std::string, std::size_t> by_name_;
  std::unordered_map<caf::actor_id, std::size_t> by_id_; ///< those that run

  std::deque<std::size_t> stops_, starts_; ///< what is left of the plan
  std::optional<std::size_t> stopping_, starting_;
  std::deque<std::function<void()>> jobs_;
  std::optional<caf::error> ending_; ///< quits with this when the plan is done
  bool started_ = false;
  bool will_carry_on_ = false;
  std::vector<caf::typed_response_promise<children_started>> waiting_for_start_;

  std::optional<caf::actor_clock::time_point> deadline_, timer_due_;
  std::uint64_t timer_round_ = 0;
};

} // namespace reeve::actors
