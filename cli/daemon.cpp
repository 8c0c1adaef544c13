#include "cli/daemon.hpp"

#include "actors/daemon_actors.hpp"
#include "actors/log_about.hpp"
#include "cli/commands.hpp"
#include "cli/logging.hpp"
#include "cli/shutdown.hpp"
#include "cli/table.hpp"
#include "config/load.hpp"
#include "http/server.hpp"
#include "io/checks/check_engine.hpp"
#include "io/docker/docker_engine.hpp"
#include "io/host/pressure_watch.hpp"
#include "io/host/process_usage.hpp"
#include "io/host/startup_memory.hpp"
#include "io/loop/file_limit.hpp"
#include "io/loop/loop.hpp"
#include "io/loop/signals.hpp"
#include "io/processes/child_processes.hpp"
#include "io/processes/launch.hpp"
#include "io/processes/orphans.hpp"
#include "io/restart_targets.hpp"
#include "storage/state_store.hpp"
#include "supervisor/specs/config_change.hpp"
#include "supervisor/text.hpp"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <system_error>
#include <thread>

namespace reeve::cli {

namespace {

/// To be told that an order was accepted: the disk may hang.
constexpr std::chrono::seconds longest_answer{1};

/// With a config file that hangs, as on a network's file system or a pipe that nobody writes.
constexpr std::chrono::seconds longest_load{10};

instant read_clocks() {
  return {std::chrono::steady_clock::now(),
          std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())};
}

/// What this Reeve has in common with the one before it, and with no other that runs.
std::vector<std::string> identity(const daemon_spec& spec, const std::string& config_file) {
  std::error_code ignored;
  std::vector<std::string> all{std::filesystem::weakly_canonical(config_file, ignored).string()};
  for (const auto& at : spec.server.listen)
    all.push_back(to_string(at));
  return all;
}

// "http://127.0.0.1:8006/health, unix:/run/reeve.sock".
std::string where_health_is(const std::vector<listen_address>& at) {
  std::string all;
  for (const auto& one : at) {
    const auto text = to_string(one);
    all +=
      (all.empty() ? "" : ", ") + (one.unix_socket.empty() ? "http://" + text + "/health" : text);
  }
  return all;
}

bool starts_programs(const service_spec& service) {
  const auto by = [](const restart_target& target) {
    return std::holds_alternative<process_spec>(target)
           || std::holds_alternative<exec_target>(target);
  };
  const auto& checks = service.checks;
  const auto& restart = service.restart;
  return by(restart.target)
         || std::any_of(restart.further.begin(), restart.further.end(),
                        [&](const remedy& r) { return by(r.target); })
         || std::any_of(checks.begin(), checks.end(), [](const check_spec& c) {
              return std::holds_alternative<exec_check>(c.target);
            });
}

/// Why no program that `spec` names could be started; empty: they can, or there are none.
std::string missing_launcher(const daemon_spec& spec) {
  const auto& path = io::launcher_beside_us();
  if (std::none_of(spec.services.begin(), spec.services.end(), starts_programs)
      || access(path.c_str(), X_OK) == 0)
    return {};
  return "cannot run " + path + ": " + std::generic_category().message(errno)
         + "; it starts every process and every command: install it beside the reeve executable";
}

} // namespace

// Members are destroyed from the last to the first: the actors before the I/O they use, and the
// loop after all.
struct daemon::state {
  state(daemon_spec s, std::string file)
      : spec{std::make_shared<const daemon_spec>(std::move(s))}, config_file{std::move(file)},
        children{loop, io::launcher_beside_us(), child_hooks(), identity(*spec, config_file)},
        docker{loop, spec->docker.socket}, checks{loop, &docker}, targets{loop, children, &docker},
        server{loop, spec->server, page_hooks()} {
  }

  std::shared_ptr<const daemon_spec> spec; ///< the config that holds; everybody has this one
  std::string config_file;
  std::mt19937_64 jitter{std::random_device{}()};
  int code = exit_code::ok;

  io::loop loop;
  std::optional<storage::state_store> store;
  remembered before;
  std::multiset<std::string> under_way; ///< services on which an operation is carried out
  std::optional<shutdown> ending;
  bool loading = false;    ///< a config, in the background
  bool load_again = false; ///< it may have been read too early
  int loads = 0;           ///< the number of the newest; what comes of an older one is too late
  io::loop::timer_id load_limit = 0;
  io::child_processes children;
  io::docker_engine docker;
  io::check_engine checks;
  io::restart_targets targets;
  http::server server;
  std::unique_ptr<actors::daemon_actors> actors;
  std::optional<io::pressure_watch> pressure;

  io::child_processes::hooks child_hooks() {
    return {
      .exited =
        [this](const std::string& name, const io::process_exit&) {
          if (actors)
            actors->process_exited(name);
        },
      .output =
        [](const std::string& name, std::string_view line) {
          actors::log_about("service", name)->info("{}: {}", name, line);
        },
      .waits =
        [this](const std::string& name, bool waits) {
          if (actors)
            actors->process_waits(name, waits);
        },
    };
  }

  actors::outside outside() {
    actors::outside out;
    out.make_check = [this](const check_spec& check) { return checks.make(check); };
    out.carry_out = [this](io::operation what, const service_spec& service,
                           actors::outside::completion done) {
      carry_out(what, service, std::move(done));
    };
    out.watch = [this](const std::string& container, const std::string& key,
                       std::function<void(const io::container_fact&)> told) {
      docker.watch(container, key, std::move(told));
    };
    out.unwatch = [this](const std::string& container, const std::string& key) {
      docker.unwatch(container, key);
    };
    out.remember_stopped = [this](const std::string& container) {
      docker.remember_stopped(container);
    };
    out.child = [this](const std::string& service) {
      return actors::child_state{children.pid_of(service), children.last_exit(service),
                                 children.why_not_started(service)};
    };
    out.forget_child = [this](const std::string& service) { children.forget(service); };
    if (store) {
      out.remember = [this](const remembered& changes, std::function<void()> kept) {
        keep(changes, std::move(kept));
      };
      out.storage = [this] { return store->health(); };
    }
    out.next_turn = [this](std::function<void()> task) { loop.post(std::move(task)); };
    out.now = read_clocks;
    out.random = [this] { return std::uniform_real_distribution<double>{}(jitter); };
    out.usage = [this] {
      auto used = io::read_process_usage();
      return actors::process_usage{used.cpu_seconds, used.resident_bytes, used.open_fds,
                                   used.start_time, loop.take_longest_turn()};
    };
    return out;
  }

  http::hooks page_hooks();

  void carry_out(io::operation what, const service_spec& service, actors::outside::completion done);
  void keep(const remembered& changes, std::function<void()> kept);
  void heard(int signal);
  void begin_shutdown(const std::string& why);
  void reload();
  void loaded(config::load_result read);
  void load_hangs();
  void load_is_over();
  std::vector<std::string> refusals_of(const config::load_result& read) const;
  void refuse(const std::vector<std::string>& refusals);
  void apply(config::load_result read);
  std::optional<std::string> pressure_at_start() const;
  void watch_pressure();
};

http::hooks daemon::state::page_hooks() {
  http::hooks pages;
  pages.snapshot = [this] { return actors->snapshot(); };
  pages.metrics_text = [this] { return actors->metrics_text(); };
  pages.alive = [this](auto done) { actors->alive(std::move(done)); };
  pages.ready = [this] { return actors->ready(); };
  pages.storage_trouble = [this] { return store ? store->health().trouble : std::string{}; };
  pages.tree = [this](auto done) { actors->tree(std::move(done)); };
  pages.give_order = [this](const std::string& service, order o, auto done) {
    actors->give_order(service, o, std::move(done));
  };
  pages.push = [this](std::string_view token, const push_signal& signal) {
    return actors->push(token, signal);
  };
  pages.groups = [this] { return std::shared_ptr<const group_spec>{spec, &spec->tree}; };
  pages.answered = [this](std::string_view method, std::string_view endpoint, int status,
                          std::chrono::microseconds took) {
    actors->observe_http(method, endpoint, status, took);
  };
  return pages;
}

void daemon::state::carry_out(io::operation what, const service_spec& service,
                              actors::outside::completion done) {
  under_way.insert(service.name);
  targets.carry_out(
    what, service,
    [this, name = service.name, done = std::move(done)](io::operation_outcome outcome) {
      under_way.erase(under_way.find(name));
      done(std::move(outcome));
      if (ending)
        ending->operation_ended(name);
    });
}

void daemon::state::keep(const remembered& changes, std::function<void()> kept) {
  if (!kept)
    return store->keep(changes);
  const auto answer = [once = std::make_shared<std::function<void()>>(std::move(kept))] {
    if (*once)
      std::exchange(*once, nullptr)();
  };
  store->keep(changes, [this, answer] { loop.post(answer); });
  loop.call_after(longest_answer, answer);
}

void daemon::state::heard(int signal) {
  if (signal == SIGHUP)
    return reload();
  const std::string name = signal == SIGINT ? "SIGINT" : "SIGTERM";
  if (ending)
    ending->cut_short("another " + name);
  else
    begin_shutdown("on " + name);
}

void daemon::state::begin_shutdown(const std::string& why) {
  if (ending)
    return;
  ending.emplace(loop, children, targets, spec,
                 std::set<std::string>{under_way.begin(), under_way.end()});
  const auto left = ending->what_is_left();
  spdlog::info("stopping {}{}", why,
               left.empty() ? ""
                            : ": " + left + ", " + describe(ending->limit())
                                + " at the most; a second signal cuts that short");
  actors->shut_down(ending->limit(), [this](const std::vector<std::string>& unfinished) {
    for (const auto& service : unfinished)
      actors::log_about("service", service)
        ->warn("{}: its restart was under way and did not end in time", service);
    ending->operations_are_over();
  });
  ending->begin();
}

/// One at a time, so that an older file never comes after a newer one.
void daemon::state::reload() {
  if (ending)
    return;
  load_again = std::exchange(loading, true);
  if (load_again)
    return;
  spdlog::info("reloading {}", config_file);
  const int number = ++loads;
  auto read = std::make_shared<std::optional<config::load_result>>();
  loop.in_background(
    "config " + std::to_string(number),
    [read, file = config_file] { read->emplace(load_config(file)); },
    [this, read, number] {
      if (number == loads)
        loaded(std::move(**read));
    });
  load_limit = loop.call_after(longest_load, [this] { load_hangs(); });
}

void daemon::state::loaded(config::load_result read) {
  loop.cancel(load_limit);
  if (!ending)
    apply(std::move(read));
  load_is_over();
}

void daemon::state::load_hangs() {
  ++loads;
  if (!ending) {
    spdlog::error("config not reloaded: reading {} takes longer than {}; the old one stays, reload "
                  "again when it can be read",
                  config_file, describe(longest_load));
    actors->config_reloaded(false);
  }
  load_is_over();
}

void daemon::state::load_is_over() {
  loading = false;
  if (std::exchange(load_again, false))
    reload();
}

/// Why what was read cannot take the place of the present config; empty: it can.
std::vector<std::string> daemon::state::refusals_of(const config::load_result& read) const {
  std::vector<std::string> refusals;
  if (const auto* problems = std::get_if<std::vector<config::problem>>(&read)) {
    for (const auto& problem : *problems)
      refusals.push_back(to_string(problem));
    return refusals;
  }
  const auto& fresh = std::get<config::loaded>(read).spec;
  if (auto missing = missing_launcher(fresh); !missing.empty())
    refusals.push_back(std::move(missing));
  if (const auto keys = what_needs_a_restart(*spec, fresh); !keys.empty())
    refusals.push_back(config_file + ": " + keys
                       + " changed; server, docker and metrics are read at the start only: "
                         "put it back, or restart Reeve");
  return refusals;
}

void daemon::state::refuse(const std::vector<std::string>& refusals) {
  for (const auto& refusal : refusals)
    spdlog::error("{}", refusal);
  spdlog::error("config not reloaded: the old one stays, mend the {} above and reload again",
                refusals.size() == 1 ? "problem" : "problems");
  actors->config_reloaded(false);
}

void daemon::state::apply(config::load_result read) {
  if (const auto refusals = refusals_of(read); !refusals.empty())
    return refuse(refusals);
  auto& good = std::get<config::loaded>(read);
  for (const auto& warning : good.warnings)
    spdlog::warn("{}", to_string(warning));
  auto difference = what_changed(*spec, good.spec);
  const auto missing = missing_now(*spec, good.spec);
  const bool same_hold = spec->hold == good.spec.hold;
  spec = std::make_shared<const daemon_spec>(std::move(good.spec));
  actors->reload(spec);
  if (!same_hold)
    watch_pressure();
  actors->config_reloaded(true);
  spdlog::info("config reloaded: {}", difference);
  if (!missing.empty())
    spdlog::warn("no longer in the config, watched no more, and stopped if a process: {}", missing);
}

std::optional<std::string> daemon::state::pressure_at_start() const {
  return spec->hold ? too_much_pressure(*spec->hold, io::pressure_now()) : std::nullopt;
}

void daemon::state::watch_pressure() {
  pressure.reset();
  if (!spec->hold)
    return actors->pressure_is(std::nullopt);
  if (!io::tells_pressure())
    return spdlog::warn("tree.hold has no effect: this kernel does not tell its pressure (there is "
                        "no /proc/pressure)");
  pressure.emplace(loop, *spec->hold,
                   [this](std::optional<std::string> why) { actors->pressure_is(std::move(why)); });
}

daemon::daemon(daemon_spec spec, std::string config_file)
    : state_{std::make_unique<state>(std::move(spec), std::move(config_file))} {
}

daemon::~daemon() = default;

status daemon::listen() {
  return state_->server.listen();
}

status daemon::take_over(const std::string& state_dir) {
  auto& s = *state_;
  s.store.emplace(state_dir);
  auto before = s.store->open();
  if (!before)
    return error{before.sentence()};
  s.before = std::move(*before);
  return std::monostate{};
}

int daemon::run() {
  auto& s = *state_;
  io::signals signals{s.loop, [&s](int signal) { s.heard(signal); }};
  io::reap_orphans(s.loop);
  s.actors =
    std::make_unique<actors::daemon_actors>(s.loop, actors::daemon_actors::settings{
                                                      .spec = s.spec,
                                                      .out = s.outside(),
                                                      .version = REEVE_VERSION,
                                                      .exhausted =
                                                        [&s](const std::string& why) {
                                                          s.code = exit_code::root_exhausted;
                                                          s.begin_shutdown("because " + why);
                                                        },
                                                      .before = std::exchange(s.before, {}),
                                                      .pressure = s.pressure_at_start(),
                                                    });
  spdlog::info("reeve " REEVE_VERSION " watches {}; {}",
               counted(s.spec->services.size(), "service"), where_health_is(s.server.addresses()));
  s.watch_pressure();
  // Once all is set up, and once more when every service has been checked.
  for (const auto after : {std::chrono::seconds{1}, std::chrono::seconds{30}})
    s.loop.call_after(after, io::release_startup_memory);
  s.loop.run();
  if (s.store)
    s.store->close(std::chrono::seconds{2});
  s.server.stop_listening();
  spdlog::info("stopped");
  return s.code;
}

int run(const run_options& options) {
  const auto refused = [](const status& why) {
    std::fprintf(stderr, "%s\n", why.sentence().c_str());
    return exit_code::bad_config;
  };
  if (const auto logging = set_up_logging(options.log_level, options.log_format); !logging)
    return refused(logging);
  auto good = load_or_complain(options.config);
  if (!good)
    return exit_code::bad_config;
  for (const auto& warning : good->warnings)
    spdlog::warn("{}", to_string(warning));
  if (const auto missing = missing_launcher(good->spec); !missing.empty())
    return refused(error{missing});
  io::raise_file_limit();
  daemon reeve{std::move(good->spec), find_config(options.config)};
  if (const auto listening = reeve.listen(); !listening)
    return refused(listening);
  if (!options.state_dir.empty())
    if (const auto taken = reeve.take_over(options.state_dir); !taken)
      return refused(taken);
  int code = reeve.run();
  // Not by the way of destructors: they wait for actors and for background work, which may hang for
  // ever, as a file system may; and so may whoever reads our log.
  std::thread{[code] {
    std::this_thread::sleep_for(std::chrono::seconds{1});
    std::_Exit(code);
  }}.detach();
  spdlog::shutdown();
  std::_Exit(code);
}

} // namespace reeve::cli
