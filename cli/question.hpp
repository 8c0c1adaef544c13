#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace reeve::cli {

// What the commands that ask the running daemon share.

using json = nlohmann::ordered_json; // shown in the daemon's order

struct daemon_answer {
  std::optional<json> body; ///< an object; none: `problem` says why
  std::string problem;
  int code = 0; ///< to exit with when there is a problem
};

/// GET of `path`, whose answer has `key`.
daemon_answer ask_daemon(const std::string& base, const std::string& path, const std::string& key);

/// Why the daemon does not keep the state of services just now; empty: it does, or none was told.
std::string ask_state_trouble(const std::string& base);

/// The message inside an error answer, or all of it; printable.
std::string message_of(const std::string& body);

/// "4m" between an RFC 3339 time, past or to come, which has whole seconds, and now; empty if there
/// is none.
std::string distance_from_now(const json& from, const char* key);

/// "waiting, restart in 4 s".
std::string supervision_of(const json& service);

} // namespace reeve::cli
