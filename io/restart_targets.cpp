#include "io/restart_targets.hpp"

#include "io/loop/loop.hpp"
#include "io/processes/command.hpp"
#include "io/processes/launch.hpp"

#include <spdlog/spdlog.h>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace reeve::io {

namespace {

using std::chrono::milliseconds;
using argv = std::vector<std::string>;

/// A stop that found nothing to stop must not keep a restart from starting. One that
/// did not come to an end may have left something running, so it does.
bool may_go_on(const command_result& r) {
  return r.what == command_result::kind::exited;
}

/// The commands that make up an operation; an absent stop has nothing to do.
std::vector<argv> commands_for(operation what, const exec_target& target) {
  const auto& start = target.start.empty() ? target.restart : target.start;
  std::vector<argv> commands;
  if (what == operation::restart && !target.restart.empty()) {
    return {target.restart};
  }
  if (what != operation::start && !target.stop.empty()) {
    commands.push_back(target.stop);
  }
  if (what != operation::stop) {
    commands.push_back(start);
  }
  return commands;
}

std::string shown(const argv& command) {
  std::string text;
  for (const auto& word : command) {
    text += (text.empty() ? "" : " ") + word;
  }
  return "'" + text + "'";
}

std::string last_line(const std::string& output) {
  const auto end = output.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) {
    return {};
  }
  const auto newline = output.find_last_of('\n', end);
  const auto begin = newline == std::string::npos ? 0 : newline + 1;
  return ": " + output.substr(begin, end - begin + 1);
}

operation_outcome ended_by_us(const argv& command, const std::string& signal) {
  return error{shown(command) + " was ended with " + signal + ": Reeve is ending"};
}

/// Somebody may wonder where the daemon is that it started.
void tell_what_was_left(const argv& command, const command_result& r) {
  if (r.what == command_result::kind::exited && r.code == 0 && r.left > 0)
    spdlog::warn("{} left {} behind, which ended with it: a daemon is started as `process:`, or by "
                 "a supervisor of its own, as systemctl and systemd-run do",
                 shown(command),
                 std::to_string(r.left) + (r.left == 1 ? " process" : " processes"));
}

operation_outcome judge_command(const argv& command, const command_result& r) {
  switch (r.what) {
  case command_result::kind::exited:
    if (r.code == 0) {
      return std::monostate{};
    }
    return error{shown(command) + " exited with code " + std::to_string(r.code)
                 + last_line(r.output)};
  case command_result::kind::signalled:
    return error{shown(command) + " " + to_string(process_exit{.signal = r.code})
                 + last_line(r.output)};
  case command_result::kind::timed_out:
    return error{shown(command) + " did not end in time and was killed" + last_line(r.output)};
  case command_result::kind::not_run:
    return {error{shown(command) + " could not be run: " + r.output},
            who_kept_from_starting(r.code)};
  case command_result::kind::cancelled:
    break;
  }
  return error{"Reeve is ending"};
}

} // namespace

struct restart_targets::state : std::enable_shared_from_this<state> {
  struct under_way {
    completion done;
    std::vector<argv> commands; // the first one runs
    milliseconds stop_timeout{0};
    std::unique_ptr<command> running;
    bool terminated = false;
  };

  loop& home;
  child_processes& children;
  docker_engine* docker;
  graces extra;
  std::uint64_t last_id = 0;
  std::map<std::uint64_t, under_way> operations;
  bool closing = false;

  state(loop& l, child_processes& c, docker_engine* d, graces g)
      : home{l}, children{c}, docker{d}, extra{g} {
  }

  /// Ends operation `id` with what it is called with; nothing if that has ended.
  completion ender(std::uint64_t id) {
    return [id, weak = weak_from_this()](operation_outcome s) {
      if (const auto self = weak.lock()) {
        self->end(id, std::move(s));
      }
    };
  }

  void end(std::uint64_t id, operation_outcome s) {
    const auto found = operations.find(id);
    if (found != operations.end()) {
      const auto kept = std::move(operations.extract(found).mapped());
      kept.done(std::move(s));
    }
  }

  void end_later(std::uint64_t id, operation_outcome s) {
    home.post([done = ender(id), s = std::move(s)] { done(s); });
  }

  void run_next_command(std::uint64_t id);
  void end_in_time(std::uint64_t id);
  void terminate(std::uint64_t id);
  void cut_short(std::uint64_t id);

  // One for each kind of target.
  void carry_out(std::uint64_t id, operation, const service_spec&, const std::monostate&) {
    end_later(id, error{"it has no restart target"});
  }
  void carry_out(std::uint64_t id, operation what, const service_spec& spec,
                 const process_spec& target);
  void carry_out(std::uint64_t id, operation what, const service_spec& spec,
                 const docker_target& target);
  void carry_out(std::uint64_t id, operation what, const service_spec& spec,
                 const exec_target& target);
};

void restart_targets::state::carry_out(std::uint64_t id, operation what, const service_spec& spec,
                                       const process_spec& target) {
  const auto stop_timeout = spec.restart.stop_timeout;
  if (what == operation::start) {
    children.start(spec.name, target, stop_timeout, ender(id));
    return;
  }
  if (what == operation::stop) {
    children.stop(spec.name, stop_timeout, ender(id));
    return;
  }
  children.stop(
    spec.name, stop_timeout,
    [id, weak = weak_from_this(), name = spec.name, target, stop_timeout](operation_outcome s) {
      const auto self = weak.lock();
      if (!self || self->operations.count(id) == 0) {
        return; // given up meanwhile: start nothing
      }
      if (!s) {
        self->end(id, std::move(s));
        return;
      }
      self->children.start(name, target, stop_timeout, self->ender(id));
    });
}

void restart_targets::state::carry_out(std::uint64_t id, operation what, const service_spec& spec,
                                       const docker_target& target) {
  if (docker == nullptr) {
    end_later(id, error{"no Docker engine is configured"});
    return;
  }
  const auto stop_timeout = spec.restart.stop_timeout;
  switch (what) {
  case operation::start:
    return docker->start(target.container, ender(id));
  case operation::stop:
    return docker->stop(target.container, stop_timeout, ender(id));
  case operation::restart:
    return docker->restart(target.container, stop_timeout, ender(id));
  }
}

void restart_targets::state::carry_out(std::uint64_t id, operation what, const service_spec& spec,
                                       const exec_target& target) {
  auto& o = operations.at(id);
  o.commands = commands_for(what, target);
  o.stop_timeout = spec.restart.stop_timeout;
  run_next_command(id);
  if (closing) {
    end_in_time(id);
  }
}

void restart_targets::state::end_in_time(std::uint64_t id) {
  home.call_after(operations.at(id).stop_timeout, [id, weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->terminate(id);
    }
  });
}

void restart_targets::state::terminate(std::uint64_t id) {
  const auto found = operations.find(id);
  if (found == operations.end() || !found->second.running) {
    return;
  }
  found->second.terminated = true;
  found->second.running->terminate();
  home.call_after(extra.at_the_end, [id, weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->cut_short(id);
    }
  });
}

/// The command goes with its operation, by SIGKILL.
void restart_targets::state::cut_short(std::uint64_t id) {
  const auto found = operations.find(id);
  if (found != operations.end() && found->second.running) {
    end(id, ended_by_us(found->second.commands.front(), "SIGKILL"));
  }
}

void restart_targets::state::run_next_command(std::uint64_t id) {
  auto& o = operations.at(id);
  if (o.commands.empty()) {
    end_later(id, std::monostate{});
    return;
  }
  auto came_out = [this, id](command_result r) {
    // Not from within its own completion: a command must outlive that.
    home.post([id, weak = weak_from_this(), r = std::move(r)] {
      const auto self = weak.lock();
      const auto found = self ? self->operations.find(id) : decltype(operations)::iterator{};
      if (!self || found == self->operations.end()) {
        return;
      }
      auto& now = found->second;
      tell_what_was_left(now.commands.front(), r);
      auto s = now.terminated ? ended_by_us(now.commands.front(), "SIGTERM")
                              : judge_command(now.commands.front(), r);
      now.running.reset();
      now.commands.erase(now.commands.begin());
      if (now.commands.empty() || now.terminated || !may_go_on(r)) {
        self->end(id, std::move(s));
      } else {
        self->run_next_command(id);
      }
    });
  };
  o.running = std::make_unique<command>(
    home, o.commands.front(), o.stop_timeout + extra.of_commands, came_out, o.stop_timeout);
}

restart_targets::restart_targets(loop& l, child_processes& children, docker_engine* docker,
                                 graces g)
    : state_{std::make_shared<state>(l, children, docker, g)} {
}

restart_targets::~restart_targets() {
  auto unfinished = std::move(state_->operations);
  state_->operations.clear();
  for (auto& [id, o] : unfinished) {
    o.running.reset();
    o.done(error{"Reeve is ending"});
  }
}

void restart_targets::close() {
  state_->closing = true;
  for (const auto& [id, o] : state_->operations) {
    if (o.running) {
      state_->end_in_time(id);
    }
  }
}

void restart_targets::kill_all() {
  std::vector<std::uint64_t> all;
  for (const auto& [id, o] : state_->operations) {
    all.push_back(id);
  }
  for (const auto id : all) {
    state_->cut_short(id);
  }
}

void restart_targets::carry_out(operation what, const service_spec& spec, completion done) {
  const auto id = ++state_->last_id;
  state_->operations[id].done = std::move(done);
  std::visit([&](const auto& target) { state_->carry_out(id, what, spec, target); },
             spec.restart.target);
}

} // namespace reeve::io
