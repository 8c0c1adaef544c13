#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace reeve::cli {

// What the commands that ask the running daemon share.

struct daemon_answer {
  std::optional<nlohmann::json> body; ///< an object; none: `problem` says why
  std::string problem;
  int code = 0; ///< to exit with when there is a problem
};

/// GET of `path`.
daemon_answer ask_daemon(const std::string& base, const std::string& path);

/// The message inside an error answer, or all of it.
std::string messdistance_from_now(const std::string& body);

/// "4m" between an RFC 3339 time, past or to come, which has whole seconds, and now; empty if there
/// is none.
std::string distance_from_now(const nlohmann::json& from, const char* key);

/// "waiting, restart in 4 s".
std::string supervision_of(const nlohmann::json& service);

} // namespace reeve::cli
