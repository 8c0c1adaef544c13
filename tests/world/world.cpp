#include "tests/world/world.hpp"

#include <algorithm>
#include <sstream>

namespace reeve::actors::test {

namespace {

constexpr int steps = 60;

std::string url_of(const std::string& service) {
  return "http://" + service;
}

} // namespace

world_under_test::world_under_test(std::uint64_t seed)
    : dice_{seed}, spec_{random_spec(dice_)}, persons_act_{!dice_.one_in(3)}, crashes_{dice_.one_in(
                                                                                2)},
      reeve_dies_{dice_.one_in(2)}, promises_{{spec_, world_, [this] { return now(); },
                                               [this](const std::string& text) { say(text); },
                                               persons_act_}} {
}

std::string world_under_test::play() {
  SetUp();
  try {
    begin();
    for (int i = 0; i < steps && goes_on(); ++i)
      step();
    if (goes_on())
      end_well();
  } catch (const std::exception& e) { // the actors have to end all the same
    promises_.fail(e.what());
  }
  TearDown();
  if (goes_on())
    return "";
  return promises_.broken() + "\nafter:\n" + story();
}

std::string world_under_test::story() const {
  std::string all;
  for (const auto& s : steps_)
    all += "  " + s + "\n";
  return all;
}

void world_under_test::begin() {
  world_.chance = [this] { return dice_.fraction(); };
  world_.ordered = [this](io::operation what, const service_spec& s) { ordered(what, s); };
  for (const auto& s : spec_.services) {
    world_.answers(url_of(s.name), 200);
    if (const auto container = container_of(s); !container.empty())
      world_.containers[container] = {io::container_fact::kind::running, ""};
  }
  promises_.life_begins({});
  start(spec_);
  actors_ = root_actors();
  actors_.emplace_back("group/root");
  pass(15s);
}

void world_under_test::say(const std::string& text) {
  std::ostringstream at;
  at << std::chrono::duration<double>(now().time_since_epoch()).count() << " s: " << text;
  steps_.push_back(at.str());
}

void world_under_test::look() {
  promises_.look(*daemon_->snapshot());
}

void world_under_test::pass(std::chrono::nanoseconds time) {
  const auto until = now() + time;
  while (now() < until && goes_on()) {
    advance(std::min<std::chrono::nanoseconds>(until - now(), 1s));
    look();
  }
}

const std::string& world_under_test::any_service() {
  const auto last = static_cast<int>(spec_.services.size()) - 1;
  return spec_.services[static_cast<std::size_t>(dice_.up_to(last))].name;
}

// -- what happens ------------------------------------------------------------------

void world_under_test::step() {
  act();
  if (reeve_dies_ && dice_.one_in(20))
    kill_and_start_again();
  run();
  look();
  static const std::vector<std::chrono::milliseconds> pauses{0ms, 10ms, 500ms, 2s, 7s, 30s, 2min};
  pass(dice_.any_of(pauses));
  promises_.look_at_metrics(*daemon_->snapshot(), metrics());
}

void world_under_test::act() {
  const auto service = any_service();
  switch (dice_.up_to(11)) {
  case 0:
  case 1:
  case 2:
  case 3:
    return sicken(service);
  case 4:
  case 5:
    return heal(service);
  case 6:
    return slow_down(service);
  case 7:
    return release_one(!dice_.one_in(3));
  case 8:
    return make_or_end_trouble(service);
  case 9:
    return change_pressure();
  case 10:
    if (crashes_)
      crash_an_actor(service);
    return;
  default:
    if (persons_act_)
      person(service);
  }
}

void world_under_test::sicken(const std::string& service) {
  const auto& s = service_of(spec_, service);
  promises_.sickened(service);
  if (is_process(s) && world_.children[service].pid) {
    const int code = dice_.up_to(1);
    say(service + " exits with " + std::to_string(code));
    world_.exits(service, code);
    daemon_->process_exited(service);
  } else if (const auto container = container_of(s); !container.empty()) {
    static const std::vector<io::container_fact::kind> ends{
      io::container_fact::kind::failed, io::container_fact::kind::ended,
      io::container_fact::kind::removed, io::container_fact::kind::unreachable};
    const auto how = dice_.any_of(ends);
    say(service + "'s container tells " + std::to_string(static_cast<int>(how)));
    world_.tells(container, {how, "told so"});
  } else if (!s.checks.empty()) {
    const auto how = dice_.up_to(3);
    say(service + (how == 0 ? " cannot be checked" : how == 1 ? " hangs" : " answers 500"));
    world_.hanging.erase(url_of(service));
    if (how == 0)
      world_.cannot_run(url_of(service), "out of sockets");
    else if (how == 1)
      world_.hangs(url_of(service));
    else
      world_.answers(url_of(service), 500);
  }
}

void world_under_test::heal(const std::string& service) {
  say(service + " is well");
  work_again(service);
  if (const auto& s = service_of(spec_, service); !container_of(s).empty() && dice_.one_in(2))
    run_container(s);
}

void world_under_test::work_again(const std::string& service) {
  const auto url = url_of(service);
  world_.answers(url, 200);
  world_.hanging.erase(url);
  if (world_.hung.contains(url))
    world_.ends(url, world_.script[url]);
}

void world_under_test::run_container(const service_spec& s) {
  promises_.found_running(s.name);
  world_.tells(container_of(s), {io::container_fact::kind::running, ""});
}

void world_under_test::slow_down(const std::string& service) {
  say(service + "'s operations are slow");
  world_.held.insert(service);
}

void world_under_test::make_or_end_trouble(const std::string& service) {
  if (!dice_.one_in(2))
    return world_.failing.clear();
  say(service + " cannot be restarted");
  world_.failing[service] = "no such thing";
}

std::optional<std::string> world_under_test::pressure() const {
  return pressure_ ? std::optional<std::string>{"cpu pressure 91 %"} : std::nullopt;
}

void world_under_test::change_pressure() {
  pressure_ = !pressure_ && dice_.one_in(2);
  say(pressure_ ? "the host is under pressure" : "the host is at ease");
  daemon_->pressure_is(pressure());
}

void world_under_test::crash_an_actor(const std::string& service) {
  const auto actor = dice_.one_in(2) ? "probe/" + service : dice_.any_of(actors_);
  say(actor + " crashes");
  daemon_->kill(actor);
}

void world_under_test::person(const std::string& service) {
  if (dice_.one_in(6))
    return reload();
  static const std::vector<order> orders{order::restart, order::stop,   order::start, order::start,
                                         order::pause,   order::resume, order::resume};
  const auto what = dice_.any_of(orders);
  promises_.person_begins();
  const auto reply = give(service, what);
  promises_.person_ends();
  const bool accepted = reply.what == order_answer::accepted;
  say("a person orders " + std::string{to_string(what)} + " of " + service
      + (accepted ? "" : ": " + reply.message));
  if (accepted)
    promises_.person_ordered(service, what);
  look();
}

void world_under_test::reload() {
  say("the config is changed and reloaded");
  spec_ = changed_spec(spec_, dice_);
  promises_.reloaded();
  promises_.person_begins();
  daemon_->reload(std::make_shared<const daemon_spec>(spec_));
  run();
  promises_.person_ends();
  look();
}

void world_under_test::ordered(io::operation what, const service_spec& service) {
  promises_.ordered(what, service);
  const auto container = container_of(service);
  if (container.empty())
    return;
  if (what == io::operation::stop)
    world_.containers.erase(container);
  else if (!world_.failing.contains(service.name) && !world_.held.contains(service.name))
    world_.containers[container] = {io::container_fact::kind::running, ""};
}

void world_under_test::release_one(bool ok) {
  if (world_.waiting.empty())
    return;
  auto next = world_.waiting.begin();
  std::advance(next, dice_.up_to(static_cast<int>(world_.waiting.size()) - 1));
  const auto service = next->first;
  if (is_process(service_of(spec_, service))) // the kernel says how it is
    ok = promises_.newest_operation(service) == io::operation::stop || world_.children[service].pid;
  if (!ok && promises_.newest_operation(service) == io::operation::stop)
    promises_.found_running(service);
  say(service + "'s operation ends " + (ok ? "well" : "with an error"));
  promises_.operation_ended(service, ok);
  world_.held.erase(service);
  world_.release(service, ok ? status{std::monostate{}} : status{error{"no reply"}});
}

// -- Reeve dies ------------------------------------------------------------------------

/// Between any two messages, or at rest. The world goes on without it for a while.
void world_under_test::kill_and_start_again() {
  if (dice_.one_in(2)) {
    run();
    look();
  } else {
    scheduler_.run(static_cast<std::size_t>(dice_.up_to(30)));
  }
  say("Reeve is killed");
  forget_operations();
  const auto left = kill_reeve();
  if (dice_.one_in(2))
    dice_.one_in(2) ? sicken(any_service()) : heal(any_service());
  static const std::vector<std::chrono::milliseconds> pauses{10ms, 2s, 1min, 15min};
  advance(dice_.any_of(pauses));
  find_containers(left);
  say("Reeve is started again");
  promises_.life_begins(left);
  start(spec_, left, pressure());
  promises_.look_at_what_was_kept(*daemon_->snapshot());
}

/// The engine may have heard of them all the same.
void world_under_test::forget_operations() {
  for (const auto& [service, done] : world_.waiting) {
    const auto container = container_of(service_of(spec_, service));
    const bool stops = promises_.newest_operation(service) == io::operation::stop;
    if (!container.empty() && !stops && dice_.one_in(2))
      world_.containers[container] = {io::container_fact::kind::running, ""};
  }
}

/// A new Reeve has heard no events: it sees what does not run, and not what of.
void world_under_test::find_containers(const remembered& left) {
  using kind = io::container_fact::kind;
  for (const auto& s : spec_.services) {
    const auto container = container_of(s);
    if (container.empty())
      continue;
    const auto found = world_.containers.find(container);
    if (found != world_.containers.end() && found->second.what != kind::ended
        && found->second.what != kind::failed)
      continue;
    const bool by_person =
      std::any_of(left.services.begin(), left.services.end(), [&](const remembered_service& k) {
        return k.name == s.name && k.state == supervision::stopped;
      });
    world_.containers[container] = by_person
                                     ? io::container_fact{kind::stopped, "was stopped by a person"}
                                     : io::container_fact{kind::failed, "exited with code 0"};
  }
}

// -- the end ---------------------------------------------------------------------------

/// Everything is well again, and so must all be that Reeve may touch.
void world_under_test::end_well() {
  say("everything is well again, for long");
  world_.held.clear();
  world_.failing.clear();
  daemon_->pressure_is(std::nullopt);
  for (const auto& s : spec_.services) {
    work_again(s.name);
    if (!container_of(s).empty())
      run_container(s);
  }
  while (!world_.waiting.empty()) {
    release_one(true);
    run();
  }
  for (int i = 0; i < 40 && goes_on(); ++i) {
    advance(30s);
    look();
  }
  promises_.look_at_the_end(*daemon_->snapshot());
}

} // namespace reeve::actors::test
