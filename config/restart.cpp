#include "config/restart.hpp"

#include "config/address.hpp"
#include "config/duration.hpp"
#include "config/process.hpp"
#include "config/url.hpp"

namespace reeve::config {
namespace {

using namespace std::chrono_literals;

void check_maximum(fields& f, const backoff_policy& made) {
  if (made.max >= made.initial)
    return;
  if (const auto max = f.find("max"))
    max->fail(format_duration(made.max) + " is under 'initial', " + format_duration(made.initial));
  else if (const auto initial = f.find("initial"))
    initial->fail(format_duration(made.initial) + " is over 'max', which is "
                  + format_duration(made.max) + " here; give 'max' too");
}

void read_backoff(const reader& from, backoff_policy& into) {
  if (!from.is_map()) {
    const auto none = from.is_scalar() ? from.text() : std::nullopt;
    if (none == "none")
      into = {.none = true};
    else
      from.fail_type("none, or a map such as {initial: 500ms, factor: 2.5, max: 1m, jitter: 0.2}");
    return;
  }
  if (into.none)
    into = {};
  fields f{from};
  const auto problems = from.shared().problems.count();
  f.duration("initial", into.initial, 1ms);
  f.number("factor", into.factor, 1, 100);
  f.duration("max", into.max, 1ms);
  f.number("jitter", into.jitter, 0, 1);
  if (problems == from.shared().problems.count())
    check_maximum(f, into);
  f.finish();
}

void warn_of_reset(const reader& at, const restart_spec& made) {
  if (made.backoff.none)
    at.warn("has no effect: 'backoff: none' has nothing to reset");
  else if (*made.reset_after < made.backoff.initial)
    at.warn(
      format_duration(*made.reset_after) + " is shorter than the first delay, "
      + format_duration(made.backoff.initial)
      + ": a service that lives a little longer than it is restarted for ever without backing off");
}

std::optional<docker_target> read_docker(const reader& from) {
  const auto text = from.text();
  if (!text)
    return {};
  auto name = parse_container(*text);
  if (name)
    return docker_target{*name};
  from.fail_parsed(name.sentence());
  return {};
}

std::optional<docker_target> read_url(const reader& from) {
  const auto text = from.text();
  if (text && scheme_of(*text) != "docker") {
    from.fail(
      from.quoted_text()
      + " is no restart target; write docker://NAME, or a map such as {exec: [program, argument]}");
    return {};
  }
  return text ? read_docker(from) : std::nullopt;
}

exec_target read_exec(const reader& from) {
  exec_target made;
  if (!from.is_map()) {
    made.restart = from.command();
    return made;
  }
  fields f{from};
  const auto part = [&f](std::string_view key, std::vector<std::string>& into) {
    const auto at = f.find(key);
    if (at)
      into = at->command();
    return at.has_value();
  };
  const bool start = part("start", made.start);
  const bool stop = part("stop", made.stop);
  const bool restart = part("restart", made.restart);
  const bool known = f.finish();
  if (start != stop)
    from.fail(start ? "'start' needs 'stop' beside it" : "'stop' needs 'start' beside it");
  else if (!start && !restart && known)
    from.fail("needs 'restart', or 'start' and 'stop', or all three");
  return made;
}

// What is to be restarted; complains of two.
restart_target read_target(fields& f) {
  const auto docker = f.find("docker");
  const auto exec = f.find("exec");
  if (docker && exec) {
    exec->fail("'docker' and 'exec' in one 'restart'; a service has one restart target");
    return {};
  }
  if (docker) {
    if (const auto made = read_docker(*docker))
      return *made;
    return docker_target{}; // complained of; what follows is to see that there is one
  }
  if (exec)
    return read_exec(*exec);
  return {};
}

void refuse_process(fields& f) {
  if (const auto at = f.find("process"))
    at->fail("belongs to the service itself, beside 'restart'");
}

std::string target_word(const restart_target& target) {
  return std::holds_alternative<docker_target>(target) ? "docker" : "exec";
}

void check_remedy(const reader& at, const restart_target& made) {
  const auto* commands = std::get_if<exec_target>(&made);
  if (std::holds_alternative<std::monostate>(made))
    at.fail("needs 'docker' or 'exec': what this remedy does");
  else if (commands && commands->restart.empty())
    at.fail("needs 'restart' in its 'exec': that is the part which a remedy uses");
}

// One rung of a ladder after the first: a target and how often it is tried.
remedy read_remedy(const reader& from, bool is_last) {
  remedy made{{}, 1};
  if (from.is_scalar()) {
    made.target = read_url(from).value_or(docker_target{});
    return made;
  }
  fields f{from};
  made.target = read_target(f);
  const auto attempts = f.whole("attempts", made.attempts, 1, no_limit);
  if (attempts && is_last)
    attempts->warn("has no effect: the last remedy is tried for as long as the intensity allows");
  for (const auto* key :
       {"type", "backoff", "intensity", "clean_exit", "stop_timeout", "reset_after"})
    if (const auto at = f.find(key))
      at->fail("belongs to the first remedy; it holds for all of them");
  refuse_process(f);
  if (f.finish() && from.is_map())
    check_remedy(from, made.target);
  return made;
}

void warn_of_clean_exit(const reader& at, const restart_spec& made) {
  if (made.clean_exit == clean_exit::uncounted && made.type != restart_type::permanent)
    at.warn("has no effect: after a clean exit a " + std::string{to_string(made.type)}
            + " service is not restarted");
}

} // namespace

void read_intensity(const reader& from, intensity& into) {
  if (!from.is_map())
    return from.fail_type("a map such as {restarts: 15, within: 30m}");
  fields f{from};
  f.whole("restarts", into.restarts, 0, 1'000'000);
  f.duration("within", into.within, 1ms);
  f.finish();
}

bool read_restart_options(fields& from, restart_spec& into) {
  const auto type = from.word("type", into.type);
  const auto backoff = from.find("backoff");
  if (backoff)
    read_backoff(*backoff, into.backoff);
  const auto intensity = from.find("intensity");
  if (intensity)
    read_intensity(*intensity, into.intensity);
  const auto clean = from.word("clean_exit", into.clean_exit);
  if (clean)
    warn_of_clean_exit(*clean, into);
  const auto stop_timeout = from.duration("stop_timeout", into.stop_timeout, 0ms);
  std::chrono::milliseconds stable{-1};
  const auto reset_after = from.duration("reset_after", stable, 0ms);
  if (reset_after && stable >= 0ms) {
    into.reset_after = stable;
    warn_of_reset(*reset_after, into);
  }
  return type || backoff || intensity || clean || stop_timeout || reset_after;
}

namespace {

// All of `restart`, or the first rung of its ladder.
void read_first(bool is_process, const reader& restart, bool is_ladder, restart_spec& into) {
  restart_target other;
  bool options = false;
  if (restart.is_scalar()) {
    if (is_process && scheme_of(restart.text().value_or("")) != "docker")
      return restart.fail("a process needs no target; write restart: {type: permanent}, or "
                          "transient, or temporary, not "
                          + restart.quoted_text());
    other = read_url(restart).value_or(docker_target{});
  } else {
    fields f{restart};
    other = read_target(f);
    options = read_restart_options(f, into);
    if (is_ladder)
      f.whole("attempts", into.attempts, 1, no_limit);
    refuse_process(f);
    f.finish();
  }
  if (std::holds_alternative<std::monostate>(other)) {
    if (is_ladder && !is_process)
      restart.fail("needs 'docker' or 'exec': what the first remedy does");
    else if (options && !is_process)
      restart.warn(
        "has no effect: there is nothing to restart; add 'process', or 'docker' or 'exec' here");
    return;
  }
  if (is_process)
    restart.fail("'process' and 'restart: " + target_word(other)
                 + "' in one service; a process is restarted as a process: remove one of them");
  into.target = other;
}

} // namespace

void read_restart(const std::optional<reader>& process, const std::optional<reader>& restart,
                  restart_spec& into) {
  if (process)
    into.target = read_process(*process);
  if (!restart)
    return;
  if (!restart->is_list())
    return read_first(process.has_value(), *restart, false, into);
  if (process)
    return restart->fail("a process has one remedy, which is to start it again; a list is for "
                         "'docker' and 'exec'");
  into.attempts = 1;
  const auto rungs = restart->items("a list of remedies, such as [{docker: web, attempts: 2}, "
                                    "{exec: [./call-for-help]}]");
  for (const auto& rung : rungs)
    if (&rung == &rungs.front())
      read_first(false, rung, true, into);
    else
      into.further.push_back(read_remedy(rung, &rung == &rungs.back()));
}

} // namespace reeve::config
