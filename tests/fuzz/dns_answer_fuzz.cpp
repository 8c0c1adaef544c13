// A DNS message. The first byte says which records of it we want.
#include "io/checks/dns_answer.hpp"
#include "io/names/name_files.hpp"
#include "supervisor/checks/rule.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace reeve;
using fuzz::require;

namespace {

constexpr dns_record records[] = {dns_record::a,   dns_record::aaaa, dns_record::cname,
                                  dns_record::mx,  dns_record::ns,   dns_record::ptr,
                                  dns_record::srv, dns_record::txt};

bool is_as_written(dns_record type, const std::string& answer) {
  switch (type) {
  case dns_record::a:
  case dns_record::aaaa: {
    const auto address = io::literal_address(answer, 0);
    return address && io::to_text(*address) == answer;
  }
  case dns_record::mx:
  case dns_record::srv:
    return answer.front() >= '0' && answer.front() <= '9' && fuzz::is_one_line(answer);
  case dns_record::txt:
    return true; // any bytes
  default:
    return fuzz::is_one_line(answer);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const auto type = records[data[0] % std::size(records)];
  const std::string message{fuzz::text_of(data + 1, size - 1)};
  const auto answers = io::read_answers(message, type);
  if (!answers)
    return 0;
  require(answers->size() <= message.size() / 11, "an answer takes eleven bytes at least");
  for (const auto& answer : *answers)
    require(is_as_written(type, answer), "an answer is as a person writes it");
  expectation expected;
  expected.answers = {"192.0.2.1"};
  reply found;
  found.answers = *answers;
  require(fuzz::is_one_line(evaluate(expected, found).reason), "a reason is a line");
  return 0;
}
