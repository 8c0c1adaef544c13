#include "tests/http/fixture.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace reeve::http {

namespace {

// Only against a test that would hang for ever.
constexpr timeval patience{20, 0};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// A newer libuv's io_uring, on its way out, interrupts whoever made the loop.
template <class Call>
ssize_t uninterrupted(Call call) {
  for (;;)
    if (const ssize_t n = call(); n >= 0 || errno != EINTR)
      return n;
}

} // namespace

client::client(int port, const std::string& address) {
  const bool v6 = address.find(':') != std::string::npos;
  fd_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int connected = -1;
  if (v6) {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET6, address.c_str(), &to.sin6_addr);
    connected = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to);
  } else {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
    connected = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to);
  }
  this->connected(connected == 0);
}

client::client(const std::filesystem::path& socket) {
  fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  socket.string().copy(to.sun_path, sizeof to.sun_path - 1);
  connected(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
}

void client::connected(bool is) {
  if (!is) {
    ::close(fd_);
    throw std::runtime_error(std::string{"cannot connect: "} + std::strerror(errno));
  }
  // Only now: with a timeout, a connect that was interrupted is not resumed.
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

client::~client() {
  ::close(fd_);
}

void client::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(fd_, -1));
}

client& client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n =
      uninterrupted([&] { return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (n <= 0)
      break; // the server refused to hear more; what it said is still to be read
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return *this;
}

client& client::send_end() {
  ::shutdown(fd_, SHUT_WR);
  return *this;
}

bool client::fill() {
  std::array<char, 16384> room{};
  const auto n = uninterrupted([&] { return ::recv(fd_, room.data(), room.size(), 0); });
  if (n > 0)
    input_.append(room.data(), static_cast<std::size_t>(n));
  return n > 0;
}

seen client::read(bool bodiless) {
  auto end = input_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (!fill())
      return {};
    end = input_.find("\r\n\r\n");
  }
  seen out;
  const auto head = input_.substr(0, end + 2);
  input_.erase(0, end + 4);
  out.status = std::stoi(head.substr(9, 3));
  for (auto at = head.find("\r\n") + 2; at < head.size();) {
    const auto line_end = head.find("\r\n", at);
    const auto colon = head.find(": ", at);
    out.headers[lower(head.substr(at, colon - at))] = head.substr(colon + 2, line_end - colon - 2);
    at = line_end + 2;
  }
  if (bodiless || out.headers.count("content-length") == 0)
    return out;
  const auto size = std::stoul(out.headers["content-length"]);
  while (input_.size() < size)
    if (!fill())
      return {};
  out.body = input_.substr(0, size);
  input_.erase(0, size);
  return out;
}

std::string client::read_to_end() {
  while (fill()) {
  }
  return std::exchange(input_, {});
}

bool client::hung_up() {
  char one = 0;
  return input_.empty() && uninterrupted([&] { return ::recv(fd_, &one, 1, 0); }) == 0;
}

seen client::get(const std::string& path) {
  auto out = send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").read();
  if (out.headers.count("transfer-encoding") != 0)
    out.body = read_chunks();
  return out;
}

std::string client::read_chunks() {
  std::string body;
  for (std::size_t size = 1; size > 0;) {
    auto line = input_.find("\r\n");
    for (; line == std::string::npos; line = input_.find("\r\n"))
      if (!fill())
        return "(cut off)";
    size = std::stoul(input_, nullptr, 16);
    while (input_.size() < line + size + 4)
      if (!fill())
        return "(cut off)";
    body.append(input_, line + 2, size);
    input_.erase(0, line + size + 4);
  }
  return body;
}

seen client::post(const std::string& path, const std::string& headers) {
  return send("POST " + path + " HTTP/1.1\r\n" + headers + "Content-Length: 0\r\n\r\n").read();
}

void world::now_or_held(std::function<void()> give) {
  if (hold)
    held.push_back(std::move(give));
  else
    give();
}

void world::give_held() {
  for (const auto& give : std::exchange(held, {})) {
    give();
    give();
  }
}

hooks world::all() {
  hooks h;
  h.snapshot = [this] { return now; };
  h.ready = [this] { return ready; };
  h.groups = [this] { return groups; };
  h.alive = [this](std::function<void(bool)> give) {
    if (alive)
      give(*alive);
  };
  h.metrics_text = [this] {
    return [this, sent = std::size_t{0}]() mutable {
      auto part = metrics.substr(sent, 64 * 1'024);
      sent += part.size();
      return part;
    };
  };
  h.tree = [this](std::function<void(tree_view)> give) {
    now_or_held([this, give] { give(tree); });
  };
  h.give_order = [this](const std::string& name, order o, std::function<void(order_reply)> give) {
    orders.emplace_back(name, o);
    now_or_held([this, give] { give(said); });
  };
  h.push = [this](std::string_view token, const push_signal& signal) {
    if (!tokens.contains(token))
      return false;
    pushes.push_back(signal);
    return true;
  };
  h.answered = [this](std::string_view method, std::string_view endpoint, int status,
                      std::chrono::microseconds) {
    answered.push_back({std::string{method}, std::string{endpoint}, status});
  };
  return h;
}

void server_test::serve(server_spec spec, front_limits limits) {
  for (auto& at : spec.listen)
    if (at == listen_address{})
      at.port = 0;
  const auto listening = running_.call([&] {
    server_ = std::make_unique<server>(running_.loop, spec, world_.all(), limits);
    return server_->listen();
  });
  ASSERT_TRUE(listening) << listening.sentence();
  port_ = server_->addresses().front().port;
}

void server_test::show(const std::vector<service_picture>& services) {
  snapshot next;
  for (const auto& s : services)
    next = next.with(std::make_shared<const service_picture>(s));
  const auto shown = std::make_shared<const snapshot>(std::move(next));
  running_.call([&] { world_.now = shown; });
}

void server_test::end_server() {
  running_.call([&] { server_.reset(); });
}

server_test::~server_test() {
  end_server();
  running_.call([&] { world_.held.clear(); });
}

void front_test::serve(front_limits limits, front::handler handle) {
  const auto listening = running_.call([&] {
    front_ = std::make_unique<front>(running_.loop, limits, std::move(handle), nullptr);
    return front_->listen({{"127.0.0.1", 0, ""}});
  });
  ASSERT_TRUE(listening) << listening.sentence();
  port_ = front_->addresses().front().port;
}

front_test::~front_test() {
  running_.call([&] { front_.reset(); });
}

service_picture picture(const std::string& name, health h, const std::string& reason) {
  service_picture p;
  p.name = name;
  p.group = "root";
  p.health = h;
  p.reason = reason;
  p.since = wall_time{std::chrono::seconds{1'769'850'000}}; // 2026-01-31T09:00:00Z
  check_picture c;
  c.name = "http";
  c.kind = "http";
  c.role = "liveness";
  c.health = h;
  c.reason = reason;
  c.since = p.since;
  p.checks.push_back(c);
  return p;
}

} // namespace reeve::http
