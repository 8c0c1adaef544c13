// http_load PORT PATH CLIENTS SECONDS [RATE [EXPECTED]]: GETs from 127.0.0.1:PORT over CLIENTS kept
// connections, as fast as they go or RATE a second. A `@` in PATH becomes the next of many hosts
// (127.1.0.0 and on). An answer is good if it is 2xx and holds EXPECTED. With a RATE, latency
// counts from when a request was due, so that a stall is not hidden by asking less.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

struct settings {
  int port = 0;
  std::string path;
  std::size_t clients = 1;
  seconds length{1};
  double rate = 0; ///< 0: as fast as it goes
  std::string expected;
};

struct client {
  int socket = -1;
  bool waiting = false; ///< for an answer
  clock::time_point due;
  std::string in;
};

/// Of a chunked body; nothing while it is not whole.
std::optional<std::string> joined(std::string_view chunks) {
  std::string body;
  for (;;) {
    const auto line = chunks.find("\r\n");
    if (line == chunks.npos)
      return std::nullopt;
    const auto size = std::strtoull(std::string{chunks.substr(0, line)}.c_str(), nullptr, 16);
    chunks.remove_prefix(line + 2);
    if (chunks.size() < size + 2)
      return std::nullopt;
    if (size == 0)
      return body;
    body += chunks.substr(0, size);
    chunks.remove_prefix(size + 2);
  }
}

/// The body of the answer, once it is whole.
std::optional<std::string> body_of(std::string_view in) {
  const auto head = in.find("\r\n\r\n");
  if (head == in.npos)
    return std::nullopt;
  const auto rest = in.substr(head + 4);
  constexpr std::string_view key = "\r\nContent-Length: ";
  const auto at = in.find(key);
  if (at > head)
    return joined(rest);
  const auto size = std::strtoull(in.data() + at + key.size(), nullptr, 10);
  return rest.size() >= size ? std::optional<std::string>{rest} : std::nullopt;
}

class load {
public:
  explicit load(settings s) : settings_{std::move(s)}, clients_(settings_.clients) {
  }

  void run() {
    poll_ = epoll_create1(0);
    for (auto& c : clients_)
      open(c);
    began_ = clock::now();
    const auto end = began_ + std::chrono::duration_cast<clock::duration>(settings_.length);
    while (clock::now() < end) {
      start_due();
      wait();
    }
    print(seconds{clock::now() - began_}.count());
  }

private:
  void open(client& c) {
    if (c.socket >= 0)
      close(c.socket);
    c = {socket(AF_INET, SOCK_STREAM, 0)};
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(settings_.port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(c.socket, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
      std::perror("http_load: connect");
      std::exit(1);
    }
    const int on = 1;
    setsockopt(c.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event e{EPOLLIN, {&c}};
    epoll_ctl(poll_, EPOLL_CTL_ADD, c.socket, &e);
  }

  clock::time_point due_of_next() const {
    if (settings_.rate <= 0)
      return clock::now();
    return began_
           + std::chrono::duration_cast<clock::duration>(
             seconds{static_cast<double>(sent_) / settings_.rate});
  }

  void start_due() {
    for (auto& c : clients_) {
      const auto due = due_of_next();
      if (due > clock::now())
        return;
      if (!c.waiting)
        ask(c, due);
    }
  }

  void ask(client& c, clock::time_point due) {
    auto path = settings_.path;
    if (const auto at = path.find('@'); at != std::string::npos) {
      const auto host = std::to_string(sent_ / 256 % 39) + "." + std::to_string(sent_ % 256);
      path.replace(at, 1, "127.1." + host);
    }
    ++sent_;
    c.waiting = true;
    c.due = due;
    const auto request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    if (send(c.socket, request.data(), request.size(), MSG_NOSIGNAL) < 0)
      broken(c);
  }

  void wait() {
    epoll_event ready[64];
    const auto idle =
      std::chrono::duration_cast<std::chrono::milliseconds>(due_of_next() - clock::now());
    const bool all_busy =
      std::all_of(clients_.begin(), clients_.end(), [](const client& c) { return c.waiting; });
    const int most = all_busy ? 100 : static_cast<int>(std::clamp<long>(idle.count(), 0, 100));
    const int n = epoll_wait(poll_, ready, 64, most);
    for (int i = 0; i < n; ++i)
      read_answer(*static_cast<client*>(ready[i].data.ptr));
  }

  void read_answer(client& c) {
    char buffer[65'536];
    const auto n = recv(c.socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n <= 0)
      return broken(c);
    c.in.append(buffer, static_cast<std::size_t>(n));
    const auto body = body_of(c.in);
    if (!body)
      return;
    took_.push_back(seconds{clock::now() - c.due}.count());
    const bool good = c.in.compare(9, 1, "2") == 0 && body->find(settings_.expected) != body->npos;
    bad_ += good ? 0 : 1;
    c.in.clear();
    c.waiting = false;
  }

  void broken(client& c) {
    bad_ += c.waiting ? 1 : 0;
    open(c);
  }

  double quantile_ms(double q) {
    if (took_.empty())
      return 0;
    std::sort(took_.begin(), took_.end());
    return 1e3 * took_[static_cast<std::size_t>(q * static_cast<double>(took_.size() - 1))];
  }

  void print(double length) {
    const auto p50 = quantile_ms(0.5);
    const auto p99 = quantile_ms(0.99);
    std::printf(
      R"({"answers": %zu, "bad": %zu, "per_second": %.1f, "p50_ms": %.3f, "p99_ms": %.3f})"
      "\n",
      took_.size(), bad_, static_cast<double>(took_.size()) / length, p50, p99);
  }

  settings settings_;
  std::vector<client> clients_;
  int poll_ = -1;
  clock::time_point began_;
  std::size_t sent_ = 0;
  std::size_t bad_ = 0;
  std::vector<double> took_; // seconds
};

} // namespace

int main(int argc, char** argv) {
  if (argc < 5)
    return 2;
  settings s{std::atoi(argv[1]), argv[2], std::strtoull(argv[3], nullptr, 10),
             seconds{std::atof(argv[4])}};
  if (argc > 5)
    s.rate = std::atof(argv[5]);
  if (argc > 6)
    s.expected = argv[6];
  load{s}.run();
}
