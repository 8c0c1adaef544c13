// What stands in a heartbeat file.
#include "io/checks/heartbeat_time.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace std::chrono_literals;
using namespace reeve;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto written = io::timestamp_in(text);
  if (!written)
    return 0;
  require(written->count() >= 1e9 && written->count() < 1e11, "a timestamp is of our time");
  require(io::timestamp_in(text.substr(0, text.find('\n'))) == written, "one line counts");
  for (const auto now : {0.0, 1.8e9, 1e11}) {
    const auto age = io::heartbeat_age(*written, io::heartbeat_time{now});
    require(age ? *age >= 0ms : fuzz::is_one_line(age.sentence()), "an age is never negative");
    require(static_cast<bool>(age) || written->count() > now + 60, "only the future has no age");
  }
  return 0;
}
