#include "io/checks/heartbeat_check.hpp"

#include "io/checks/file_check.hpp"
#include "io/checks/heartbeat_time.hpp"

#include <errno.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <variant>

namespace reeve::io {

namespace {

check_outcome read_heartbeat(const watched_file& file) {
  const auto opened = open_file(file);
  if (const auto* problem = std::get_if<check_outcome>(&opened))
    return *problem;
  const auto& [fd, changed] = std::get<opened_file>(opened);
  std::array<char, 128> buffer;
  const auto n = read(fd.get(), buffer.data(), buffer.size());
  if (n < 0)
    return cannot_read(file, errno);
  const auto written = timestamp_in({buffer.data(), static_cast<std::size_t>(n)}).value_or(changed);
  const auto age = heartbeat_age(written, std::chrono::system_clock::now().time_since_epoch());
  if (!age)
    return {check_outcome::kind::not_run, {}, age.sentence()};
  check_outcome outcome;
  outcome.answer.age = *age;
  return outcome;
}

} // namespace

std::unique_ptr<check> make_heartbeat_check(loop& l, const check_spec& spec) {
  return make_file_check(l,
                         {full_path(std::get<heartbeat_check>(spec.target).file), "heartbeat file"},
                         spec.timeout, &read_heartbeat);
}

} // namespace reeve::io
