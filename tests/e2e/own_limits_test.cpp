#include "tests/support/reeve_daemon.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <deque>
#include <thread>

// What is Reeve's own fault condemns no service.

namespace reeve::test {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Answers everybody with 200, after a while.
class slow_server {
public:
  slow_server(int port, std::chrono::milliseconds takes) : takes_{takes} {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int yes = 1;
    setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const auto address = loopback(port);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    listen(fd_, 4'096);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~slow_server() {
    ending_ = true;
    thread_.join();
    close(fd_);
  }
  slow_server(const slow_server&) = delete;
  slow_server& operator=(const slow_server&) = delete;

private:
  struct client {
    int fd;
    clock::time_point due;
  };

  void serve() {
    std::deque<client> clients;
    while (!ending_) {
      for (int fd = 0; (fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;)
        clients.push_back({fd, clock::now() + takes_});
      for (; !clients.empty() && clients.front().due < clock::now(); clients.pop_front())
        answer(clients.front().fd);
      std::this_thread::sleep_for(2ms);
    }
    for (const auto& c : clients)
      close(c.fd);
  }

  static void answer(int fd) {
    constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    char request[4'096];
    (void)recv(fd, request, sizeof request, MSG_DONTWAIT);
    (void)send(fd, ok.data(), ok.size(), MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    close(fd);
  }

  std::chrono::milliseconds takes_;
  int fd_ = -1;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

/// Connections to a port that never say a word.
class idle_clients {
public:
  idle_clients(int port, int count) {
    const auto address = loopback(port);
    for (int i = 0; i < count; ++i) {
      fds_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      EXPECT_EQ(connect(fds_.back(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
                0);
    }
  }
  ~idle_clients() {
    for (const int fd : fds_)
      close(fd);
  }
  idle_clients(const idle_clients&) = delete;
  idle_clients& operator=(const idle_clients&) = delete;

private:
  std::vector<int> fds_;
};

std::string services(int count, const std::string& check) {
  std::string all = "services:\n";
  for (int i = 0; i < count; ++i)
    all += "  s" + std::to_string(i) + ": {check: {" + check + "}}\n";
  return all;
}

/// Of all services: how many checks came out so.
double checks_with(const reeve_daemon& reeve, const std::string& result) {
  const auto text = reeve.get("/metrics").body;
  double sum = 0;
  const auto end = "result=\"" + result + "\"} ";
  for (auto at = text.find(end); at != std::string::npos; at = text.find(end, at + 1))
    sum += std::stod(text.substr(at + end.size(), 20));
  return sum;
}

int services_that_are(const reeve_daemon& reeve, const std::string& health) {
  const auto all = nlohmann::json::parse(reeve.get("/api/v1/services").body, nullptr, false);
  int count = 0;
  if (all.is_object() && all.contains("services"))
    for (const auto& s : all["services"])
      count += s["health"] == health;
  return count;
}

TEST(own_limits, without_descriptors_reeve_slows_down_answers_and_blames_nobody) {
  constexpr int count = 300;
  reeve_daemon reeve{services(count, "http: \"http://127.0.0.1:@A@/\", interval: 8s, timeout: 8s")};
  const slow_server server{reeve.port('A'), 1s};
  reeve.limit_descriptors(96);
  reeve.start_and_wait();
  ASSERT_TRUE(eventually([&] { return services_that_are(reeve, "healthy") == count; }, 60s));
  {
    const idle_clients takers{reeve.port(), 40};
    EXPECT_TRUE(eventually([&] { return checks_with(reeve, "unknown") > 0; }, 60s));
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(reeve.get("/livez").status, 200);
      EXPECT_EQ(services_that_are(reeve, "unhealthy"), 0);
    }
  }
  EXPECT_TRUE(eventually([&] { return services_that_are(reeve, "healthy") == count; }, 60s));
  EXPECT_EQ(checks_with(reeve, "failed"), 0);
}

TEST(own_limits, a_reeve_that_was_stopped_for_a_while_restarts_nothing) {
  reeve_daemon reeve{"services:\n"
                     "  web: {check: {http: \"http://127.0.0.1:@A@/\", interval: 1s, timeout: "
                     "1s, unhealthy_after: 1}, restart: {exec: [\"true\"]}}\n"
                     "  port: {check: {tcp: \"tcp://127.0.0.1:@A@\", interval: 1s, timeout: 1s, "
                     "unhealthy_after: 1}, restart: {exec: [\"true\"]}}\n"
                     "  command: {check: {exec: [sleep, \"0.1\"], interval: 1s, timeout: "
                     "1s, unhealthy_after: 1}, restart: {exec: [\"true\"]}}\n"};
  const slow_server server{reeve.port('A'), 30ms};
  reeve.start_and_wait();
  ASSERT_TRUE(eventually([&] { return services_that_are(reeve, "healthy") == 3; }));
  const auto skipped = checks_with(reeve, "skipped");
  for (int i = 0; i < 3; ++i) {
    reeve.signal(SIGSTOP);
    std::this_thread::sleep_for(2'500ms);
    reeve.signal(SIGCONT);
    const auto ran = checks_with(reeve, "ok");
    ASSERT_TRUE(eventually([&] { return checks_with(reeve, "ok") > ran + 3; }));
  }
  EXPECT_EQ(checks_with(reeve, "failed"), 0) << reeve.get("/metrics").body;
  EXPECT_GE(checks_with(reeve, "skipped"), skipped + 3) << "they are counted";
  for (const char* name : {"web", "port", "command"})
    EXPECT_EQ(reeve.service(name)["restarts"], 0) << name;
}

} // namespace

} // namespace reeve::test
