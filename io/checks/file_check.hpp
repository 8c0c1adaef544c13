#pragma once

#include "io/checks/check.hpp"
#include "io/checks/heartbeat_time.hpp"
#include "io/loop/descriptor.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <variant>

namespace reeve::io {

class loop;

/// A file that a service writes, as a check sees it.
struct watched_file {
  std::string path;
  std::string noun; ///< for reasons: "heartbeat file"
};

/// In full, so that reasons are of use: a relative path counts from Reeve's own folder.
inline std::string full_path(const std::string& path) {
  std::error_code failed;
  auto full = std::filesystem::absolute(path, failed).lexically_normal();
  return failed ? path : full.string();
}

struct opened_file {
  descriptor fd;
  heartbeat_time written{0}; ///< last changed
};

/// In the background. The outcome, if it cannot be read: failed without a file, not_run for
/// a reason of ours or of the one who set it up.
std::variant<opened_file, check_outcome> open_file(const watched_file& file);
check_outcome cannot_read(const watched_file& file, int os_error);

/// A check that calls `read` in the background: a file system may hang, and then nobody
/// else is sent after the first. `read` shares nothing that may change.
std::unique_ptr<check> make_file_check(loop& l, watched_file file,
                                       std::chrono::milliseconds timeout,
                                       std::function<check_outcome(const watched_file&)> read);

} // namespace reeve::io
