// socket_loop COUNT INTERVAL_MS PORT: a fresh GET of each of COUNT hosts (127.1.0.0 and on) in each
// interval, by plain sockets and http-parser on libuv and nothing else. What HTTP checks cannot be
// cheaper than.

#include <arpa/inet.h>
#include <http_parser.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

constexpr std::uint64_t tick_ms = 10;
constexpr std::string_view question = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: "
                                      "bench\r\nAccept: */*\r\nConnection: close\r\n\r\n";

std::uint16_t port = 0;

struct transfer {
  uv_poll_t poll{};
  int socket = -1;
  http_parser parser{};
  bool whole = false;
};

int on_whole(http_parser* p) {
  static_cast<transfer*>(p->data)->whole = true;
  return 0;
}

const http_parser_settings& settings() {
  static const http_parser_settings made = [] {
    http_parser_settings s;
    http_parser_settings_init(&s);
    s.on_message_complete = &on_whole;
    return s;
  }();
  return made;
}

void end(transfer* t) {
  uv_close(reinterpret_cast<uv_handle_t*>(&t->poll),
           [](uv_handle_t* h) { delete static_cast<transfer*>(h->data); });
  close(t->socket);
}

void hear(uv_poll_t* p, int, int) {
  auto* t = static_cast<transfer*>(p->data);
  std::array<char, 16'384> room;
  const auto n = recv(t->socket, room.data(), room.size(), 0);
  if (n > 0)
    http_parser_execute(&t->parser, &settings(), room.data(), static_cast<std::size_t>(n));
  if (n <= 0 || t->whole)
    end(t);
}

void ask(uv_poll_t* p, int, int) {
  auto* t = static_cast<transfer*>(p->data);
  if (send(t->socket, question.data(), question.size(), MSG_NOSIGNAL) < 0)
    return end(t);
  uv_poll_start(p, UV_READABLE, &hear);
}

/// The services, whose turns are spread evenly over the interval.
struct fleet {
  std::uint64_t count;
  std::uint64_t interval_ms;
  std::uint64_t began = 0;
  std::uint64_t started = 0;

  void start_due(std::uint64_t now) {
    while (started < (now - began) * count / interval_ms)
      start(started++ % count);
  }

  static void start(std::uint64_t i) {
    auto* t = new transfer;
    http_parser_init(&t->parser, HTTP_RESPONSE);
    t->parser.data = t;
    t->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(0x7f010000U + static_cast<std::uint32_t>(i));
    connect(t->socket, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    uv_poll_init_socket(uv_default_loop(), &t->poll, t->socket);
    t->poll.data = t;
    uv_poll_start(&t->poll, UV_WRITABLE, &ask);
  }
};

} // namespace

int main(int, char** words) {
  fleet all{std::strtoull(words[1], nullptr, 10), std::strtoull(words[2], nullptr, 10)};
  port = static_cast<std::uint16_t>(std::strtoul(words[3], nullptr, 10));
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  uv_timer_t ticks;
  uv_timer_init(uv_default_loop(), &ticks);
  all.began = uv_now(uv_default_loop());
  ticks.data = &all;
  uv_timer_start(
    &ticks,
    [](uv_timer_t* t) { static_cast<fleet*>(t->data)->start_due(uv_now(uv_default_loop())); },
    tick_ms, tick_ms);
  return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
