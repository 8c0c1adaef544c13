// What PostgreSQL and Redis say went wrong, which may quote our secret.
#include "io/checks/postgres_failure.hpp"
#include "io/checks/redis_failure.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace reeve;
using namespace reeve::io;
using fuzz::require;
using kind = check_outcome::kind;

namespace {

const std::string secret = "hunter2";

void examine(const std::string& reason) {
  require(!reason.empty() && reason.size() <= 250, "a reason is short");
  require(fuzz::is_one_line(reason), "a reason is a line");
  require(reason.find(secret) == std::string::npos, "a secret is kept");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string words{fuzz::text_of(data, size)};
  examine(explain_redis_error(words, secret));
  examine(explain_postgres_error(words, secret).reason);
  const auto theirs = explain_postgres_error("FATAL:  " + words, secret);
  examine(theirs.reason);
  require(theirs.what == kind::failed && !theirs.exhausted, "what a server says, it has done");
  return 0;
}
