// What an HTTP server sends. The first byte says how, the second in pieces of what size.
#include "io/checks/http_answer.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

using namespace reeve;
using fuzz::require;
using state = io::http_reader::state;

namespace {

struct outcome {
  state now = state::reading;
  std::string problem;
  int status = 0;
  bool keeps = false;
};

outcome read(std::string_view bytes, std::size_t piece, bool is_head, io::http_listener& who) {
  io::http_reader reader{who, is_head};
  outcome o;
  for (; !bytes.empty() && o.now == state::reading;
       bytes.remove_prefix(std::min(piece, bytes.size())))
    o.now = reader.take(bytes.substr(0, piece));
  if (o.now == state::reading)
    o.now = reader.end();
  o.problem = reader.problem();
  o.status = reader.status();
  o.keeps = o.now == state::complete && reader.keeps_connection();
  return o;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2)
    return 0;
  const auto text = fuzz::text_of(data + 2, size - 2);
  expectation expected;
  expected.contains = "ok";
  const io::reply_body rules{expected};
  const std::vector<std::string> wanted{"content-type"};
  io::http_answer answer{rules, wanted};
  io::http_answer again{rules, wanted};
  const bool is_head = data[0] % 2 == 1;
  const auto o = read(text, text.size() + 1, is_head, answer);
  const auto in_pieces = read(text, std::size_t{data[1]} + 1, is_head, again);
  require(o.now != state::reading, "an answer whose connection ended has ended");
  require(o.now == in_pieces.now || o.now == state::enough || in_pieces.now == state::enough,
          "pieces change nothing");
  require((o.now == state::broken) == !o.problem.empty(), "what is broken says why");
  require(fuzz::is_one_line(o.problem), "a reason is a line");
  require(o.now == state::broken || (o.status >= 100 && o.status <= 999), "it has a status");
  if (o.now == state::broken || answer.problem())
    return 0;
  reply found;
  answer.extract(found);
  require(found.status == o.status, "the status is the reader's");
  require(fuzz::is_one_line(evaluate(expected, found).reason), "a reason is a line");
  return 0;
}
