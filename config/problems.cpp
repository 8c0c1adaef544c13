#include "config/problems.hpp"

#include "supervisor/text.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace reeve::config {
namespace {

constexpr std::size_t most_kept = 1'000;

std::vector<problem> in_file_order(std::vector<problem> all) {
  std::stable_sort(all.begin(), all.end(), [](const problem& a, const problem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

} // namespace

problem_list::problem_list(std::string file) : file_{std::move(file)} {
}

void problem_list::add(mark at, std::string path, std::string what) {
  if (++count_ <= most_kept)
    problems_.push_back({file_, at.line, at.column, std::move(path), std::move(what)});
}

void problem_list::warn(mark at, std::string path, std::string what) {
  if (warnings_.size() < most_kept)
    warnings_.push_back({file_, at.line, at.column, std::move(path), std::move(what)});
}

std::string problem_list::suggestion(std::string_view name, const std::vector<std::string>& known) {
  const auto work = known.size() * (name.size() + 1) * (name.size() + 1); // about
  if (name.size() > 64 || work > work_left_)
    return {};
  work_left_ -= work;
  return did_you_mean(name, known);
}

std::size_t problem_list::count() const {
  return count_;
}

std::vector<problem> problem_list::problems() const {
  auto all = in_file_order(problems_);
  if (count_ > most_kept)
    all.push_back(
      {file_, 0, 0, "", "and " + std::to_string(count_ - most_kept) + " more problems"});
  return all;
}

std::vector<problem> problem_list::warnings() const {
  return in_file_order(warnings_);
}

} // namespace reeve::config
