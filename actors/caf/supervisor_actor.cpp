#include "actors/caf/supervisor_actor.hpp"

#include "actors/caf/actor_helpers.hpp"
#include "actors/caf/supervisor_state.hpp"

#include <caf/actor_system.hpp>

namespace reeve::actors {

caf::result<children_started> supervisor_state::wait_for_start() {
  auto promise = self_->make_response_promise<caf::typed_response_promise<children_started>>();
  if (started_)
    promise.deliver(children_started{});
  else
    waiting_for_start_.push_back(promise);
  return promise;
}

caf::result<actor_tree> supervisor_state::tree() {
  auto answer = self_->make_response_promise<caf::typed_response_promise<actor_tree>>();
  auto whole = std::make_shared<actor_tree>(actor_tree{spec_.name, spec_.strategy});
  auto missing = std::make_shared<std::size_t>(1);
  whole->children.reserve(by_name_.size());
  for (const auto& c : children_)
    if (c)
      whole->children.push_back({c->spec.name, {}, static_cast<bool>(c->handle), c->respawns, {}});
  std::size_t place = 0;
  for (const auto& c : children_)
    if (c)
      ask_subtree(*c, place++, whole, missing, answer);
  if (--*missing == 0)
    answer.deliver(std::move(*whole));
  return answer;
}

void supervisor_state::ask_subtree(const child& c, std::size_t place,
                                   std::shared_ptr<actor_tree> whole,
                                   std::shared_ptr<std::size_t> missing,
                                   caf::typed_response_promise<actor_tree> answer) {
  if (!c.spec.is_supervisor || !c.handle)
    return;
  ++*missing;
  auto one_less = [=]() mutable {
    if (--*missing == 0)
      answer.deliver(std::move(*whole));
  };
  self_->request(caf::actor_cast<supervisor_actor>(c.handle), caf::infinite, get_tree{})
    .then(
      [=](actor_tree& below) mutable {
        auto& here = whole->children[place];
        here.strategy = below.strategy;
        here.children = std::move(below.children);
        one_less();
      },
      [=](caf::error&) mutable { one_less(); });
}

namespace {

supervisor_internals::behavior_type supervisor(supervisor_pointer self, supervisor_spec spec) {
  set_handlers(self);
  auto& state = self->state;
  self->set_down_handler([&state](caf::down_msg& down) { state.child_down(down); });
  self->set_exit_handler([&state](caf::exit_msg& exit) { state.asked_to_exit(exit.reason); });
  state.begin(self, std::move(spec));
  return {
    [&state](add_child& order) { state.add(std::move(order.child)); },
    [&state](const remove_child& order) { state.remove(order.name); },
    [&state](get_tree) { return state.tree(); },
    [&state](await_started) { return state.wait_for_start(); },
    [&state](carry_on) { state.carry_on(); },
    [&state](const try_start_again& again) { state.start_again(again.child); },
    [&state](const shutdown_time_over& over) { state.kill_if_late(over.round); },
  };
}

} // namespace

supervisor_actor spawn_supervisor(caf::actor_system& system, supervisor_spec spec) {
  return system.spawn(supervisor, std::move(spec));
}

child_spec supervisor_child(std::string name, std::function<supervisor_spec()> spec,
                            restart_type type) {
  auto start = [name, make = std::move(spec)](caf::local_actor& self) {
    auto made = make();
    made.name = name;
    return caf::actor_cast<caf::actor>(spawn_supervisor(self.system(), std::move(made)));
  };
  return {std::move(name), std::move(start), type, std::nullopt, true};
}

} // namespace reeve::actors
