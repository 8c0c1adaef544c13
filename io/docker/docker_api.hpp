#pragma once

#include "io/docker/container.hpp"
#include "supervisor/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What the Docker Engine API says, as values. All of it takes untrusted bytes: nothing throws,
/// nesting is bounded, a wrong type is as good as absent.
namespace reeve::io::docker_api {

/// Something happened to a container.
struct event {
  std::string action; ///< "die", "kill", "health_status": without what follows a colon
  std::string id;
  std::string name;
  std::string old_name; ///< of a "rename"
  int signal = 0;       ///< of a "kill"
  int exit_code = 0;    ///< of a "die"
  std::chrono::sys_time<std::chrono::nanoseconds> at;
};

/// One line of the event stream.
std::optional<event> parse_event(std::string_view line);

/// A container as `/containers/{id}/json` describes it.
struct container {
  std::string id;
  std::string name;
  int stop_signal = 15;
  std::string problem; ///< why the engine could not start it
  /// The engine calls it unhealthy already, so that no event will tell when it is.
  bool health_is_open = false;
  container_state state;
};

std::optional<container> parse_container(std::string_view body);

/// The API version to speak with the engine whose `/version` this is: 1.41, or the oldest one it
/// still speaks if that is newer.
std::string choose_version(std::string_view body);

/// What an error reply says, shortened.
std::string error_message(std::string_view body);

/// RFC 3339; the engine's "never" (year 1), and what is no time, is the epoch.
wall_time parse_time(std::string_view text);

/// "SIGTERM", "TERM", "15", "RTMIN+3"; what is none of these is 15.
int parse_signal(std::string_view text);

/// On one line, without control characters, at most `bytes` long, never cutting a character.
std::string shortened(std::string_view text, std::size_t bytes);

/// Fit for a part of a URL.
std::string escaped(std::string_view text);

/// Why the socket does not answer, and what to do about it. `code` is an errno.
std::string unreachable_reason(int code, const std::string& socket);

} // namespace reeve::io::docker_api
