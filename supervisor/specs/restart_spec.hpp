#pragma once

#include "supervisor/words.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reeve {

struct backoff_policy {
  bool none = false; ///< restart at once
  std::chrono::milliseconds initial{500};
  double factor = 2.5;
  std::chrono::milliseconds max{60'000};
  double jitter = 0.2; ///< up to this share of the delay is added

  bool operator==(const backoff_policy&) const = default;
};

struct intensity {
  int restarts = 15; ///< allowed inside any window; 0: the first failure exhausts
  std::chrono::milliseconds within{1'800'000};

  bool operator==(const intensity&) const = default;
};

/// A child process of Reeve.
struct process_spec {
  std::vector<std::string> command;       ///< command[0] is looked up in PATH
  std::string cwd;                        ///< empty: Reeve's own
  std::map<std::string, std::string> env; ///< added to Reeve's own
  int stop_signal = 15;
  std::string user; ///< name; empty: Reeve's own
  std::chrono::milliseconds start_timeout{
    30'000}; ///< for what a start needs until the program runs

  bool operator==(const process_spec&) const = default;
};

struct docker_target {
  std::string container;

  bool operator==(const docker_target&) const = default;
};

/// Commands, no shell. `restart` alone, or `start` and `stop`, or all three; an
/// empty command is absent.
struct exec_target {
  std::vector<std::string> start;
  std::vector<std::string> stop;
  std::vector<std::string> restart;

  bool operator==(const exec_target&) const = default;
};

/// How a service is stopped and started; `monostate`: it is only watched.
using restart_target = std::variant<std::monostate, process_spec, docker_target, exec_target>;

enum class restart_type {
  permanent, ///< always restarted
  transient, ///< unless it ended cleanly
  temporary, ///< never
};

/// Whether a permanent service's clean exit counts in its window and grows its backoff.
enum class clean_exit { counted, uncounted };

template <>
struct words<clean_exit> {
  static constexpr std::string_view all[] = {"counted", "uncounted"};
};

/// A rung of the ladder above a service's own restart target: restarts by `target`.
struct remedy {
  restart_target target; ///< docker or exec; `exec` has a `restart` command
  int attempts = 0;      ///< before the next is tried; of the last one: without meaning

  bool operator==(const remedy&) const = default;
};

struct restart_spec {
  restart_target target;
  restart_type type = restart_type::permanent;
  backoff_policy backoff;
  std::optional<std::chrono::milliseconds> reset_after; ///< none: max(60 s, 2 x the current delay)
  std::chrono::milliseconds stop_timeout{10'000};
  int attempts = 0; ///< by `target`, before the first of `further` is tried
  std::vector<remedy> further;
  reeve::intensity intensity; ///< of its own window; not asked where a group's counts
  reeve::clean_exit clean_exit = clean_exit::counted;

  bool operator==(const restart_spec&) const = default;
};

template <>
struct words<restart_type> {
  static constexpr std::string_view all[] = {"permanent", "transient", "temporary"};
};

/// Whether a child of this type is restarted when it ended; `clean`: of its own
/// accord with success. OTP's restart types.
bool wants_restart(restart_type type, bool clean);

/// Whether an end is no failure, though it is followed by a restart: see `clean_exit`.
bool is_uncounted(const restart_spec& spec, bool clean);

} // namespace reeve
