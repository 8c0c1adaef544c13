#pragma once

#include "actors/caf/actor_helpers.hpp"
#include "actors/caf/supervisor_actor.hpp"
#include "tests/actors/support/caf_fixture.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace reeve::actors::test {

using namespace std::chrono_literals;
using crash = caf::atom_constant<caf::atom("crash")>;
using end = caf::atom_constant<caf::atom("end")>;
using deaf = caf::atom_constant<caf::atom("deaf")>;

/// Starts and stops, as they happen; a child writes them itself.
class supervisor_test : public caf_fixture {
protected:
  using log = std::vector<std::string>;

  /// Told to, it crashes, ends, or goes deaf to being stopped.
  caf::behavior worker(caf::event_based_actor* self, const std::string& name) {
    set_handlers(self, name);
    self->set_exit_handler([this, self, name](caf::exit_msg& exit) {
      log_.push_back("stop " + name);
      self->quit(exit.reason);
    });
    return {
      [](crash) { throw std::runtime_error("told to"); },
      [self](end) { self->quit(); },
      [this, self, name](deaf) {
        self->set_exit_handler([this, name](caf::exit_msg&) { log_.push_back("ask " + name); });
      },
    };
  }

  child_spec child(const std::string& name, restart_type type = restart_type::permanent) {
    child_spec spec;
    spec.name = name;
    spec.type = type;
    spec.start = [this, name](caf::local_actor& self) {
      if (failing_[name] > 0 && failing_[name]-- > 0) {
        log_.push_back("fail " + name);
        throw std::runtime_error("cannot start");
      }
      log_.push_back("start " + name);
      return started_[name] = self.spawn(
               [this, name](caf::event_based_actor* actor) { return worker(actor, name); });
    };
    return spec;
  }

  supervisor_spec group(strategy s, std::vector<child_spec> children, int restarts = 3,
                        std::chrono::milliseconds within = 10s) {
    supervisor_spec spec{"root", s, {restarts, within}, std::move(children), {}};
    spec.respawned = [this](const std::string& name) { ++respawned_[name]; };
    return spec;
  }

  void begin(supervisor_spec spec) {
    root_ = spawn_supervisor(system_, std::move(spec));
    self_->monitor(root_);
    run();
  }

  void TearDown() override {
    if (root_)
      caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
    run();
    advance(1h); // the deaf are killed
    root_ = nullptr;
    started_.clear();
    caf_fixture::TearDown();
  }

  template <class What>
  void tell(const std::string& name, What what) {
    caf::anon_send(started_[name], what);
    run();
  }

  /// What happened since it was asked last.
  log happened() {
    return std::exchange(log_, {});
  }

  /// The reason, once the root has ended.
  std::optional<caf::error> root_end() {
    std::optional<caf::error> reason;
    self_->receive([&](caf::down_msg& down) { reason = std::move(down.reason); },
                   caf::after(0s) >> [] {});
    return reason;
  }

  actor_tree tree() {
    std::optional<actor_tree> answer;
    auto asked = self_->request(root_, caf::infinite, get_tree{});
    run();
    asked.receive([&](actor_tree& t) { answer = std::move(t); }, [](caf::error&) {});
    return answer.value_or(actor_tree{});
  }

  supervisor_actor root_;
  log log_;
  std::map<std::string, caf::actor> started_;
  std::map<std::string, int> failing_; ///< starts that are to fail
  std::map<std::string, int> respawned_;
};

} // namespace reeve::actors::test
