#pragma once

#include "config/problem.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::config {

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

} // namespace reeve::config
