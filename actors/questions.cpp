#include "actors/questions.hpp"

#include "actors/caf/actor_helpers.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace reeve::actors {

struct waited_enough {};

} // namespace reeve::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::waited_enough)

namespace reeve::actors {

namespace {

constexpr std::chrono::seconds patience{1};

actor_view view_of(const actors::actor_tree& tree) {
  actor_view view{tree.name,
                  tree.strategy ? std::string{to_string(*tree.strategy)} : "",
                  tree.alive,
                  tree.respawns,
                  {}};
  for (const auto& child : tree.children)
    view.children.push_back(view_of(child));
  return view;
}

/// Gives an answer once, and ends its actor.
template <class Answer>
class once {
public:
  once(caf::event_based_actor* self, std::function<void(Answer)> f)
      : self_{self}, answer_{std::move(f)} {
  }

  void operator()(Answer a) {
    if (auto answer = std::exchange(answer_, {})) {
      self_->quit();
      answer(std::move(a));
    }
  }

private:
  caf::event_based_actor* self_;
  std::function<void(Answer)> answer_;
};

} // namespace

void ask_whether_alive(caf::actor_system& system, const supervisor_actor& root,
                       const directory& who, std::function<void(bool)> answer) {
  const auto& all = who.listeners;
  if (!std::all_of(all.begin(), all.end(), [](const auto& l) { return bool{l.second}; }))
    return answer(false); // not started yet
  system.spawn([=, answer = std::move(answer),
                listeners = all](caf::event_based_actor* self) -> caf::behavior {
    set_handlers(self, "livez");
    const auto reply = std::make_shared<once<bool>>(self, answer);
    const auto missing = std::make_shared<std::size_t>(listeners.size() + 1); // the root
    const auto one_less = [=] {
      if (--*missing == 0)
        (*reply)(true);
    };
    const auto dead = [=](caf::error&) { (*reply)(false); };
    for (const auto& [name, listener] : listeners)
      self->request(listener, caf::infinite, are_you_there{})
        .then([=](here_i_am) { one_less(); }, dead);
    self->request(root, caf::infinite, await_started{})
      .then([=](children_started) { one_less(); }, dead);
    self->delayed_send(self, patience, waited_enough{});
    return {[=](waited_enough) { (*reply)(false); }};
  });
}

void ask_for_tree(caf::actor_system& system, const supervisor_actor& root,
                  std::function<void(actor_view)> answer) {
  system.spawn([=, answer = std::move(answer)](caf::event_based_actor* self) -> caf::behavior {
    set_handlers(self, "tree page");
    const auto reply = std::make_shared<once<actor_view>>(self, answer);
    self->request(root, caf::infinite, get_tree{})
      .then([=](const actors::actor_tree& tree) { (*reply)(view_of(tree)); },
            [=](caf::error&) { (*reply)({}); });
    self->delayed_send(self, patience, waited_enough{});
    return {[=](waited_enough) { (*reply)({}); }};
  });
}

void close(caf::actor_system& system, const supervisor_actor& root, const plan_ptr& plan,
           std::chrono::milliseconds grace, std::function<void(std::vector<std::string>)> done) {
  const auto memory = plan->memories.restarter;
  memory->closing = true;
  const auto closer =
    system.spawn([=, done = std::move(done)](caf::event_based_actor* self) -> caf::behavior {
      set_handlers(self, "shutdown");
      const auto reply = std::make_shared<once<std::vector<std::string>>>(self, done);
      self->delayed_send(self, grace, waited_enough{});
      return {[=](waited_enough) {
        std::vector<std::string> under_way;
        for (const auto& [service, operation] : memory->operations)
          under_way.push_back(service);
        self->set_down_handler([=](caf::down_msg&) { (*reply)(under_way); });
        self->monitor(root);
        self->send_exit(root, caf::exit_reason::user_shutdown);
      }};
    });
  memory->idle = [closer] { caf::anon_send(closer, waited_enough{}); };
  if (const auto& restarter = plan->world->who.restarter)
    caf::anon_send(restarter, close_down{});
  else
    caf::anon_send(closer, waited_enough{}); // nothing was ordered yet
}

} // namespace reeve::actors
