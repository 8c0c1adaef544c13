// A whole connection, from a client's bytes to our answers, over a pair of sockets.
#include "http/front/connection.hpp"
#include "http/pages/routes.hpp"
#include "io/loop/loop.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>

using namespace reeve;
using namespace reeve::http;
using fuzz::require;

namespace {

std::deque<std::string> asked; // the methods of the answers to come

hooks world() {
  service_picture web{.name = "web", .group = "root", .has_target = true, .reason = "status 500"};
  const auto now =
    std::make_shared<const snapshot>(snapshot{}.with(std::make_shared<const service_picture>(web)));
  hooks h;
  h.snapshot = [now] { return now; };
  h.metrics_text = [] {
    return [text = std::string{"# none\n"}]() mutable { return std::exchange(text, {}); };
  };
  h.alive = [](const std::function<void(bool)>& give) { give(true); };
  h.ready = [] { return true; };
  h.tree = [](const std::function<void(tree_view)>& give) { give({}); };
  h.give_order = [](const std::string& name, order, const std::function<void(order_reply)>& give) {
    give({name == "web" ? order_answer::accepted : order_answer::no_such_service, ""});
  };
  h.push = [](std::string_view token, const push_signal& signal) {
    require(fuzz::is_one_line(signal.message), "a message is a line");
    return token == "3f1c0a6e9b7d4e52";
  };
  return h;
}

/// Everything that outlives a connection.
struct server_side {
  io::loop loop;
  router pages;
  std::shared_ptr<front_context> shared = std::make_shared<front_context>(loop, front_limits{});

  server_side() {
    add_routes(pages, std::make_shared<const hooks>(world()), {},
               std::make_shared<guard>(loop, server_spec{}));
    shared->handle = [this](const request& r, http::reply give) {
      pages.route(r, std::move(give));
    };
    shared->answered = [](std::string_view method, std::string_view, int, auto) {
      asked.emplace_back(method);
    };
  }

  void turn() {
    uv_run(loop.raw(), UV_RUN_NOWAIT);
  }
};

/// What one client gets for `bytes`, until we hang up.
std::string converse(server_side& d, std::string_view bytes) {
  std::array<int, 2> ends{};
  require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0,
          "there are sockets");
  connection::open(d.shared, ends[0]);
  require(write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
          "it fits the socket");
  shutdown(ends[1], SHUT_WR);
  std::string got;
  std::array<char, 65'536> room;
  for (int turns = 0;; ++turns) {
    require(turns < 1'000, "a connection has an end");
    d.turn();
    const auto n = read(ends[1], room.data(), room.size());
    if (n == 0 || (n < 0 && errno != EAGAIN))
      break;
    got.append(room.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  }
  close(ends[1]);
  d.turn();
  require(d.shared->roster.size() == 0 && d.shared->unsent == 0, "nothing is left of it");
  return got;
}

struct reader {
  http_parser parser{};
  std::string body;
};

/// Fails unless `bytes` are whole answers to what was asked.
void read_answers(std::string_view bytes) {
  http_parser_settings on;
  http_parser_settings_init(&on);
  on.on_headers_complete = [](http_parser* p) {
    if (p->status_code == 100)
      return 0;
    require(!asked.empty(), "there are as many answers as questions");
    const bool head = asked.front() == "HEAD";
    asked.pop_front();
    return head ? 1 : 0;
  };
  on.on_body = [](http_parser* p, const char* at, std::size_t size) {
    static_cast<reader*>(p->data)->body.append(at, size);
    return 0;
  };
  on.on_message_complete = [](http_parser* p) {
    auto& body = static_cast<reader*>(p->data)->body;
    require(body.empty() || body.front() == '#' || nlohmann::json::accept(body), "it is JSON");
    body.clear();
    return 0;
  };
  reader r;
  http_parser_init(&r.parser, HTTP_RESPONSE);
  r.parser.data = &r;
  const auto n = http_parser_execute(&r.parser, &on, bytes.data(), bytes.size());
  http_parser_execute(&r.parser, &on, nullptr, 0);
  require(n == bytes.size() && HTTP_PARSER_ERRNO(&r.parser) == HPE_OK, "answers are HTTP");
  require(asked.empty(), "there is an answer to each question");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static server_side d;
  asked.clear();
  read_answers(converse(d, fuzz::text_of(data, size)));
  return 0;
}
