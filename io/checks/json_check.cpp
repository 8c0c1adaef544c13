#include "io/checks/json_check.hpp"

#include "io/checks/file_check.hpp"
#include "io/checks/heartbeat_time.hpp"
#include "io/checks/reply_body.hpp"

#include <errno.h>
#include <unistd.h>

#include <utility>
#include <variant>
#include <vector>

namespace reeve::io {

namespace {

using kind = check_outcome::kind;

constexpr std::size_t most_bytes = 1'024 * 1'024;

/// At most one byte too many; none: `errno` says why not.
std::optional<std::string> content_of(int fd) {
  std::string text(most_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto n = read(fd, text.data() + size, text.size() - size);
    if (n < 0)
      return std::nullopt;
    if (n == 0)
      break;
    size += static_cast<std::size_t>(n);
  }
  text.resize(size);
  return text;
}

check_outcome read_json(const watched_file& file, const std::vector<std::string>& paths) {
  const auto opened = open_file(file);
  if (const auto* problem = std::get_if<check_outcome>(&opened))
    return *problem;
  const auto& [fd, written] = std::get<opened_file>(opened);
  const auto text = content_of(fd.get());
  if (!text)
    return cannot_read(file, errno);
  const auto called = file.noun + " '" + file.path + "'";
  if (text->size() > most_bytes)
    return {kind::failed, {}, called + " is larger than 1 MiB"};
  const auto age =
    heartbeat_age(written, std::chrono::system_clock::now().time_since_epoch(), called);
  if (!age)
    return {kind::not_run, {}, age.sentence()};
  check_outcome outcome;
  auto& found = outcome.answer;
  found.fields = values_at(*text, paths, found.json_valid);
  if (!found.json_valid)
    return {kind::failed, {}, called + (text->empty() ? " is empty" : " does not hold whole JSON")};
  found.age = *age;
  found.age_of = "file was last written";
  return outcome;
}

} // namespace

std::unique_ptr<check> make_json_check(loop& l, const check_spec& spec) {
  std::vector<std::string> paths;
  for (const auto& condition : spec.expect.fields)
    paths.push_back(condition.field);
  return make_file_check(
    l, {full_path(std::get<json_check>(spec.target).file), "JSON file"}, spec.timeout,
    [paths = std::move(paths)](const watched_file& file) { return read_json(file, paths); });
}

} // namespace reeve::io
