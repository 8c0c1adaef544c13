#pragma once

#include <string>

namespace reeve::config {

/// A place in the file; both count from 1. 0: the file as a whole.
struct mark {
  int line = 0;
  int column = 0;
};

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

} // namespace reeve::config
