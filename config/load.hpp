#pragma once

#include "config/environment.hpp"
#include "config/problem.hpp"
#include "supervisor/specs/daemon_spec.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reeve::config {

struct loaded {
  daemon_spec spec;
  std::vector<problem> warnings; ///< policies that can never act, and the like
};

/// All problems at once, in file order, or a spec without any.
using load_result = std::variant<loaded, std::vector<problem>>;

/// Reads and checks `file`. Blocks on reading; any thread.
load_result load_file(const std::string& file, const environment& env);

/// The same of a text; `file` is the name that problems carry.
load_result load_text(std::string_view text, const std::string& file, const environment& env);

/// Where a daemon with this file listens, or the first problem that keeps one from knowing it.
using listen_result = std::variant<server_spec, problem>;

/// Reads no more of `file` than that: what else is wrong in it does not matter, as a daemon that
/// runs may have refused to reload it. Only `listen` is set, and `token_file` if that is good.
/// Blocks on reading; any thread.
listen_result load_listen(const std::string& file, const environment& env);

} // namespace reeve::config
