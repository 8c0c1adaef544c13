#pragma once

#include "supervisor/daemon_spec.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reeve::config {

/// One thing wrong with a file. Lines and columns count from 1.
struct problem {
  std::string file;
  int line = 0;
  int column = 0;
  std::string path; ///< "services.backend.check.interval"; empty: the file as a whole
  std::string what;

  bool operator==(const problem&) const = default;
};

/// `file:line:column: path: what`.
std::string to_string(const problem& p);

/// Looks up an environment variable; none: unset.
using environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The process's own environment.
environment process_environment();

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
