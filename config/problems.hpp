#pragma once

#include "config/load.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::config {

/// A place in the file; both count from 1. 0: the file as a whole.
struct mark {
  int line = 0;
  int column = 0;
};

/// Everything wrong, or merely odd, that reading one file brought to light. Keeps
/// the first thousand of each and counts the rest, so that a hostile file costs
/// no more than that.
class problem_list {
public:
  explicit problem_list(std::string file);

  void add(mark at, std::string path, std::string what);
  void warn(mark at, std::string path, std::string what);

  /// "; did you mean 'x'?" for the nearest of `known`, or nothing.
  std::string suggestion(std::string_view name, const std::vector<std::string>& known);

  /// How many were added so far.
  std::size_t count() const;

  /// In file order, without repetitions.
  std::vector<problem> problems() const;
  std::vector<problem> warnings() const;

private:
  std::string file_;
  std::vector<problem> problems_;
  std::vector<problem> warnings_;
  std::size_t count_ = 0;
  std::size_t work_left_ = 50'000'000; // of comparing names
};

/// 'text' in quotes; shortened, without control characters and without passwords.
std::string in_quotes(std::string_view text);

/// `text` fit for one line of a message: shortened, without control characters and
/// without what may be the password or token of a URL.
std::string shown(std::string_view text);

/// "a, b or c".
std::string alternatives(const std::vector<std::string>& words);

} // namespace reeve::config
