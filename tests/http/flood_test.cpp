#include "tests/http/fixture.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>

namespace reeve::http {

namespace {

/// Many clients held open by one thread.
class crowd {
public:
  crowd(int port, std::size_t size) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    while (open_.size() < size) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
        break;
      open_.push_back({fd, POLLIN, 0});
    }
  }
  ~crowd() {
    for (const auto& c : open_)
      ::close(c.fd);
  }

  void say(std::string_view bytes) {
    for (const auto& c : open_)
      if (c.fd >= 0)
        ::send(c.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  /// How many the server has not closed by now.
  std::size_t still_open() {
    ::poll(open_.data(), open_.size(), 0);
    return static_cast<std::size_t>(
      std::count_if(open_.begin(), open_.end(), [](const auto& c) { return c.revents == 0; }));
  }

  std::size_t size() const {
    return open_.size();
  }

private:
  std::vector<pollfd> open_;
};

/// As many as asked for, or as the hard file limit lets be (two sockets for each are
/// in this process).
std::size_t possible(std::size_t wanted) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  const auto most = static_cast<std::size_t>(files.rlim_cur) / 2 - 200;
  if (most < wanted)
    std::cout << "the hard file limit allows " << most << " clients of " << wanted << '\n';
  return std::min(wanted, most);
}

class flood : public server_test {
protected:
  void answers_at_once(const char* meanwhile) {
    for (const auto* path : {"/livez", "/health"}) {
      const auto began = std::chrono::steady_clock::now();
      EXPECT_EQ(client{port_}.get(path).status, 200) << path << " with " << meanwhile;
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - began);
      std::cout << path << " answered in " << took.count() << " us with " << meanwhile << '\n';
    }
  }
};

} // namespace

TEST_F(flood, five_thousand_idle_clients_are_no_burden) {
  const auto many = possible(5000);
  serve();
  crowd idle{port_, many};
  ASSERT_EQ(idle.size(), many);
  answers_at_once("idle clients");
  EXPECT_EQ(idle.still_open(), many);
}

TEST_F(flood, five_thousand_slow_clients_are_no_burden) {
  const auto many = possible(5000);
  front_limits limits;
  limits.request_deadline = std::chrono::milliseconds{2'000};
  serve({}, limits);
  crowd slow{port_, many};
  ASSERT_EQ(slow.size(), many);
  slow.say("GET /health HTTP/1.1\r\nHost: a\r\nX-Slow: ");
  answers_at_once("slow clients");
  while (slow.still_open() > 0) { // until the deadline of their requests
    slow.say("y");
    answers_at_once("dripping clients");
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
}

TEST_F(flood, more_clients_than_fit_do_not_shut_others_out) {
  front_limits limits;
  limits.connections = 500;
  const auto many = possible(2000);
  serve({}, limits);
  crowd idle{port_, many};
  answers_at_once("a full house");
  EXPECT_LE(idle.still_open(), 500U);
  EXPECT_GE(idle.still_open(), 400U) << "no more are let go than must be";
}

TEST_F(flood, clients_that_never_read_do_not_shut_others_out) {
  const auto many = possible(40);
  front_limits limits;
  limits.unsent_bytes = 1024 * 1024;
  serve({}, limits);
  running_.call([&] { world_.metrics = std::string(4'000'000, 'm'); });
  crowd lazy{port_, many};
  lazy.say("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  answers_at_once("clients that never read");
}

} // namespace reeve::http
