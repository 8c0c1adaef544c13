#pragma once

#include "supervisor/result.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace reeve::io {
class loop;
}

namespace reeve::http {

/// The first line of `file`, without blanks around it; not empty. Blocks; any thread.
result<std::string> read_token(const std::string& file);

/// A file with a token, read anew for each who asks. It may lie where reading hangs: that holds up
/// one thread of its own, and nobody else. Loop thread only.
class token_file {
public:
  using told = std::function<void(result<std::string> token)>;

  token_file(io::loop& l, std::string file,
             std::chrono::milliseconds patience = std::chrono::seconds{2});
  /// Nobody is told afterwards.
  ~token_file();
  token_file(const token_file&) = delete;
  token_file& operator=(const token_file&) = delete;

  /// What the file holds at a moment from now on; an error, too, if it is not known within
  /// `patience`.
  void read(told then);

private:
  struct state;
  std::shared_ptr<state> state_; // the reading thread's too, which may hang for ever
};

} // namespace reeve::http
