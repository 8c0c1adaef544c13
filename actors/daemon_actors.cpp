#include "actors/daemon_actors.hpp"

#include "actors/actor_plan.hpp"
#include "actors/caf/actor_helpers.hpp"
#include "actors/caf/loop_scheduler.hpp"
#include "actors/metrics_text.hpp"
#include "actors/questions.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <optional>
#include <utility>

namespace reeve::actors {

struct daemon_actors::state {
  std::optional<loop_system_config> own_config;
  std::optional<caf::actor_system> own_system;
  caf::actor_system* system = nullptr;
  plan_ptr plan;
  supervisor_actor root;
  std::shared_ptr<bool> ending = std::make_shared<bool>(false);

  void start(settings s);
};

void daemon_actors::state::start(settings s) {
  plan = make_plan(std::move(s.spec), std::move(s.out), s.version, s.before);
  plan->memories.restarter->pressure = std::move(s.pressure);
  plan->world->exhausted = s.exhausted;
  root = spawn_supervisor(*system, root_supervisor(plan));
  caf::actor_cast<caf::actor>(root)->attach_functor(
    [ended = ending, exhausted = std::move(s.exhausted)](const caf::error&) {
      if (!std::exchange(*ended, true) && exhausted)
        exhausted("Reeve's own actors failed too often");
    });
}

daemon_actors::daemon_actors(io::loop& l, settings s) : state_{std::make_unique<state>()} {
  state_->own_config.emplace(l);
  state_->own_system.emplace(*state_->own_config);
  state_->system = &*state_->own_system;
  state_->start(std::move(s));
}

daemon_actors::daemon_actors(caf::actor_system& system, settings s)
    : state_{std::make_unique<state>()} {
  state_->system = &system;
  state_->start(std::move(s));
}

daemon_actors::~daemon_actors() {
  *state_->ending = true;
  caf::anon_send_exit(state_->root, caf::exit_reason::user_shutdown);
  if (state_->own_system)
    run_ready(*state_->own_system);
}

snapshot_ptr daemon_actors::snapshot() const {
  return state_->plan->memories.aggregator->look();
}

bool daemon_actors::ready() const {
  return state_->plan->memories.aggregator->ready;
}

std::function<std::string()> daemon_actors::metrics_text() {
  const auto& out = state_->plan->world->out;
  const auto& memory = state_->plan->memories.metrics;
  if (out.usage)
    memory->daemon.take(out.usage());
  if (out.storage)
    memory->daemon.take(out.storage());
  return [text = std::make_shared<actors::metrics_text>(memory, out.now().mono)] {
    return text->next();
  };
}

void daemon_actors::alive(std::function<void(bool)> answer) {
  ask_whether_alive(*state_->system, state_->root, state_->plan->world->who, std::move(answer));
}

void daemon_actors::tree(std::function<void(tree_view)> answer) {
  tree_view view{state_->plan->memories.restarter->tree.view(state_->plan->world->out.now().mono),
                 {}};
  ask_for_tree(*state_->system, state_->root,
               [view = std::move(view), answer = std::move(answer)](actor_view actors) mutable {
                 view.actors = std::move(actors);
                 answer(std::move(view));
               });
}

void daemon_actors::give_order(const std::string& service, order what,
                               std::function<void(order_reply)> answer) {
  auto& memory = *state_->plan->memories.restarter;
  if (!memory.tree.knows(service))
    return answer({order_answer::no_such_service, "no service '" + service + "'"});
  memory.orders.push_back(
    {service, what, [answer = std::move(answer)](status s) {
       answer(s ? order_reply{} : order_reply{order_answer::refused, s.sentence()});
     }});
  caf::anon_send(state_->plan->world->who.restarter, hear_orders{});
}

void daemon_actors::reload(std::shared_ptr<const daemon_spec> spec) {
  state_->plan->world->facts.publish(config_applied{std::move(spec)});
}

void daemon_actors::process_exited(const std::string& service) {
  state_->plan->world->send_to_probe(service, child_ended{});
}

void daemon_actors::process_waits(const std::string& service, bool waits) {
  auto& operations = state_->plan->memories.restarter->operations;
  const auto found = operations.find(service);
  if (found == operations.end())
    return;
  found->second.waits = waits;
  caf::anon_send(state_->plan->world->who.restarter, operation_ended{});
}

bool daemon_actors::push(std::string_view token, const push_signal& signal) {
  auto& world = *state_->plan->world;
  const auto now = world.out.now();
  const auto* entry = world.pushes.take(token, signal, now.mono);
  if (entry == nullptr)
    return false;
  world.send_to_probe(entry->service, push_received{entry->limits.token, entry->record});
  world.keep(
    {.pushes = {remember(entry->service, entry->check, entry->record, entry->known_since, now)}});
  return true;
}

void daemon_actors::pressure_is(std::optional<std::string> why) {
  state_->plan->memories.restarter->pressure = std::move(why);
  caf::anon_send(state_->plan->world->who.restarter, pressure_changed{});
}

void daemon_actors::config_reloaded(bool ok) {
  state_->plan->world->facts.publish(actors::config_reloaded{ok});
}

void daemon_actors::observe_http(std::string_view method, std::string_view endpoint, int status,
                                 std::chrono::microseconds took) {
  state_->plan->world->facts.publish(
    request_answered{std::string{method}, std::string{endpoint}, status, took});
}

void daemon_actors::shut_down(std::chrono::milliseconds grace,
                              std::function<void(std::vector<std::string>)> done) {
  *state_->ending = true;
  close(*state_->system, state_->root, state_->plan, grace, std::move(done));
}

bool daemon_actors::kill(std::string_view actor) {
  const auto& who = state_->plan->world->who;
  const auto end = [](const auto& handle) {
    if (handle)
      caf::anon_send_exit(handle, caf::exit_reason::kill);
    return static_cast<bool>(handle);
  };
  const auto end_one_of = [&](const auto& handles, std::string_view name) {
    const auto found = handles.find(name);
    return found != handles.end() && end(found->second);
  };
  if (actor.starts_with("probe/"))
    return end_one_of(who.probes, actor.substr(6));
  if (actor.starts_with("group/"))
    return end_one_of(who.groups, actor.substr(6));
  return actor == "services" ? end(who.services) : end_one_of(who.listeners, actor);
}

} // namespace reeve::actors
