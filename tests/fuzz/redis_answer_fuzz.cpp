// What Redis answers. The first byte says what was asked, and how the bytes are cut.
#include "io/checks/redis_answer.hpp"
#include "supervisor/checks/rule.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace reeve;
using namespace reeve::io;
using fuzz::require;
using kind = check_outcome::kind;

namespace {

const std::string secret = "hunter2";
const std::vector<field_condition> memory_and_role = {{"used_memory", parse_comparison("< 100")},
                                                      {"role", parse_comparison("master")}};
const std::vector<field_condition> none;

std::optional<check_outcome> read(std::string_view bytes, int greetings, bool info,
                                  std::size_t piece) {
  redis_answer answer{greetings, info ? memory_and_role : none, secret};
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    if (auto outcome = answer.take(bytes.substr(0, piece)))
      return outcome;
  return std::nullopt;
}

void examine(const check_outcome& o, bool info) {
  require(o.what == kind::answered || o.what == kind::failed, "a server that answers was asked");
  require((o.what == kind::failed) == !o.reason.empty(), "bad news has a reason");
  require(fuzz::is_one_line(o.reason) && o.reason.size() <= 250, "a reason is a line");
  require(o.reason.find(secret) == std::string::npos, "a secret is kept");
  if (o.what != kind::answered)
    return;
  require(o.answer.fields.size() == (info ? 2 : 0), "there is one value for each field");
  for (const auto& value : o.answer.fields)
    require(!value || value->text.find_first_of("\r\n") == std::string::npos, "a value is a line");
  expectation expected;
  if (info)
    expected.fields = memory_and_role;
  require(fuzz::is_one_line(evaluate(expected, o.answer).reason), "a reason is a line");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const int greetings = data[0] % 4 % 3;
  const bool info = (data[0] & 4) != 0;
  const auto bytes = fuzz::text_of(data + 1, size - 1);
  const auto whole = read(bytes, greetings, info, size);
  const auto cut = read(bytes, greetings, info, 1U + data[0] / 16);
  require(whole.has_value() == cut.has_value(), "cuts do not matter");
  if (!whole)
    return 0;
  require(whole->what == cut->what && whole->reason == cut->reason
            && whole->answer.fields == cut->answer.fields,
          "cuts do not matter");
  examine(*whole, info);
  return 0;
}
