#include "http/front/listening_socket.hpp"
#include "tests/http/fixture.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace reeve::http {

namespace {

server_spec at(const std::string& host, int port) {
  server_spec spec;
  spec.listen = {{host, port, ""}};
  return spec;
}

std::string problem_with(io::loop& l, const std::vector<listen_address>& where) {
  world nobody;
  server_spec spec;
  spec.listen = where;
  server s{l, spec, nobody.all()};
  const auto listening = s.listen();
  return listening ? "" : listening.sentence();
}

std::string problem_with(io::loop& l, const std::string& host, int port) {
  return problem_with(l, {{host, port, ""}});
}

struct own_folder {
  own_folder() {
    auto name = (std::filesystem::temp_directory_path() / "reeve-http-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~own_folder() {
    std::filesystem::remove_all(path);
  }
  std::filesystem::path path;
};

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (const auto& one : std::filesystem::directory_iterator{"/proc/self/fd"})
    count += one.path().empty() ? 0 : 1;
  return count;
}

/// As a server leaves it that was killed.
void leave_a_dead_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(fd, 1), 0);
  ::close(fd);
}

/// Another machine on a cable to this one: a network namespace of a thread. Needs root.
class other_machine {
public:
  other_machine() : name_{"rv" + std::to_string(::getpid())} {
    std::thread{[this] {
      there_ = ::unshare(CLONE_NEWNET) == 0
               && run("ip link add " + name_ + "b type veth peer name " + name_ + "a netns "
                      + std::to_string(::getpid()))
               && run("ip addr add 198.51.100.2/30 dev " + name_ + "b")
               && run("ip link set " + name_ + "b up");
      network_ = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    }}.join();
    there_ = there_ && run("ip addr add 198.51.100.1/30 dev " + name_ + "a")
             && run("ip link set " + name_ + "a up");
  }
  ~other_machine() {
    run("ip link del " + name_ + "a");
    ::close(network_);
  }
  other_machine(const other_machine&) = delete;
  other_machine& operator=(const other_machine&) = delete;

  bool is_there() const {
    return there_;
  }

  /// What this machine's server answers it to an order, and to a page.
  std::pair<int, int> ask(int port) const {
    std::pair<int, int> said;
    std::thread{[&] {
      if (::setns(network_, CLONE_NEWNET) != 0)
        return;
      client one{port, "198.51.100.1"};
      said.first = one.post("/api/v1/services/a/stop").status;
      said.second = one.get("/health").status;
    }}.join();
    return said;
  }

private:
  static bool run(const std::string& command) {
    return std::system((command + " 2>/dev/null").c_str()) == 0; // NOLINT: our own words
  }

  std::string name_;
  bool there_ = false;
  int network_ = -1;
};

/// An address of this machine that is not loopback; empty if there is none.
std::string outer_address() {
  ifaddrs* all = nullptr;
  ::getifaddrs(&all);
  std::string found;
  for (auto* a = all; a != nullptr; a = a->ifa_next) {
    if (a->ifa_addr == nullptr || a->ifa_addr->sa_family != AF_INET
        || (a->ifa_flags & IFF_LOOPBACK) != 0 || (a->ifa_flags & IFF_UP) == 0)
      continue;
    std::array<char, INET_ADDRSTRLEN> text{};
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(a->ifa_addr);
    ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    found = text.data();
  }
  ::freeifaddrs(all);
  return found;
}

} // namespace

using listen_test = server_test;

TEST_F(listen_test, a_busy_port_is_said_in_one_sentence) {
  serve();
  const auto port = std::to_string(port_);
  EXPECT_EQ(running_.call([&] { return problem_with(running_.loop, "127.0.0.1", port_); }),
            "cannot listen on 127.0.0.1:" + port
              + ": address already in use; another reeve? set server.listen");
}

TEST_F(listen_test, an_address_that_is_not_ours_is_said_in_one_sentence) {
  io::loop quiet;
  EXPECT_EQ(problem_with(quiet, "192.0.2.1", 8006),
            "cannot listen on 192.0.2.1:8006: this machine has no such address; set server.listen");
  const auto unknown = problem_with(quiet, "no-such-host.invalid", 8006);
  EXPECT_EQ(unknown.rfind("cannot listen on no-such-host.invalid:8006: ", 0), 0U) << unknown;
}

TEST_F(listen_test, listens_on_ipv6) {
  if (::access("/proc/net/if_inet6", F_OK) != 0)
    GTEST_SKIP() << "this machine has no IPv6";
  serve(at("::1", 0));
  EXPECT_EQ(client(port_, "::1").get("/livez").status, 200);
  EXPECT_EQ(client(port_, "::1").post("/api/v1/services/a/stop", "Host: [::1]\r\n").status, 202);
  EXPECT_EQ(running_.call([&] { return problem_with(running_.loop, "[::1]", port_); }),
            "cannot listen on [::1]:" + std::to_string(port_)
              + ": address already in use; another reeve? set server.listen");
}

TEST_F(listen_test, every_address_means_both_kinds) {
  if (::access("/proc/net/if_inet6", F_OK) != 0)
    GTEST_SKIP() << "this machine has no IPv6";
  serve(at("::", 0));
  EXPECT_EQ(client(port_, "::1").get("/livez").status, 200);
  EXPECT_EQ(client(port_, "127.0.0.1").post("/api/v1/services/a/stop").status, 202)
    << "127.0.0.1 is loopback in IPv6's clothes too";
}

TEST_F(listen_test, a_name_stands_for_all_its_addresses) {
  serve(at("localhost", 0));
  EXPECT_EQ(client(port_, "127.0.0.1").get("/livez").status, 200);
}

TEST_F(listen_test, orders_come_from_every_address_of_this_machine) {
  const auto address = outer_address();
  if (address.empty())
    GTEST_SKIP() << "this machine has no address but loopback";
  const auto by_address = "Host: " + address + "\r\n";
  serve(at(address, 0));
  EXPECT_EQ(client(port_, address).post("/api/v1/services/a/stop", by_address).status, 202);
  EXPECT_EQ(client(port_, address).post("/api/v1/services/a/stop", "Host: evil.example\r\n").status,
            403);
}

TEST_F(listen_test, orders_from_every_address_reach_a_server_of_both_kinds) {
  const auto address = outer_address();
  if (address.empty() || ::access("/proc/net/if_inet6", F_OK) != 0)
    GTEST_SKIP() << "this machine has no address but loopback, or no IPv6";
  serve(at("::", 0));
  EXPECT_EQ(client(port_, address).post("/api/v1/services/a/stop").status, 202);
}

TEST_F(listen_test, orders_from_another_machine_are_refused) {
  for (const auto* everywhere : {"0.0.0.0", "::"}) {
    other_machine other;
    if (!other.is_there() || ::access("/proc/net/if_inet6", F_OK) != 0)
      GTEST_SKIP() << "may not make another machine";
    serve(at(everywhere, 0));
    const auto [order, page] = other.ask(port_);
    EXPECT_EQ(order, 403) << everywhere;
    EXPECT_EQ(page, 200) << everywhere;
    end_server();
  }
}

TEST_F(listen_test, refused_orders_leave_no_descriptor_behind) {
  const own_folder folder;
  std::ofstream{folder.path / "token"} << "right";
  auto spec = at("127.0.0.1", 0);
  spec.token_file = folder.path / "token";
  spec.orders = order_access::token;
  serve(spec);
  client one{port_};
  const auto order = [&](const std::string& token) {
    return one
      .post("/api/v1/services/a/stop", "Host: localhost\r\nAuthorization: Bearer " + token + "\r\n")
      .status;
  };
  EXPECT_EQ(order("right"), 202);
  const auto before = open_descriptors();
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(order("wrong"), 401);
  EXPECT_EQ(open_descriptors(), before);
}

// -- sockets in the file system ------------------------------------------------------

TEST_F(listen_test, a_socket_in_the_file_system_stands_beside_tcp_and_goes_with_the_server) {
  const own_folder folder;
  const auto path = folder.path / "reeve.sock";
  server_spec spec;
  spec.listen = {{"127.0.0.1", 0, ""}, {"", 0, path}};
  serve(spec);
  EXPECT_EQ(client{port_}.get("/livez").status, 200);
  client by_file{path};
  EXPECT_EQ(by_file.get("/livez").status, 200);
  EXPECT_EQ(by_file.post("/api/v1/services/a/stop", "Host: reeve\r\n").status, 202);
  using perms = std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            perms::owner_read | perms::owner_write | perms::group_read | perms::group_write);
  end_server();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(listen_test, the_socket_of_a_dead_server_is_replaced_and_one_in_use_is_not) {
  const own_folder folder;
  const auto path = folder.path / "reeve.sock";
  leave_a_dead_socket(path);
  ASSERT_TRUE(std::filesystem::is_socket(path));
  server_spec spec;
  spec.listen = {{"", 0, path}};
  serve(spec);
  EXPECT_EQ(client{path}.get("/livez").status, 200);
  EXPECT_EQ(running_.call([&] {
    return problem_with(running_.loop, {{"", 0, path}});
  }),
            "cannot listen on unix:" + path.string()
              + ": address already in use; another reeve? set server.listen");
  EXPECT_EQ(client{path}.get("/livez").status, 200) << "the first one keeps it";
}

TEST_F(listen_test, of_many_that_begin_at_once_one_gets_the_socket) {
  const own_folder folder;
  const auto path = folder.path / "reeve.sock";
  for (int round = 0; round < 20; ++round) {
    leave_a_dead_socket(path);
    std::atomic<int> got{0};
    {
      std::vector<std::optional<result<std::vector<listening_socket>>>> all(8);
      std::vector<std::jthread> threads;
      for (auto& one : all)
        threads.emplace_back([&one, &got, &path] {
          one.emplace(listening_socket::open({"", 0, path}));
          got += one->operator bool() ? 1 : 0;
        });
      threads.clear();
      ASSERT_EQ(got, 1) << round;
      EXPECT_NO_THROW(client{path}) << "and it is the one that can be reached";
    }
    ASSERT_FALSE(std::filesystem::exists(path));
  }
}

TEST_F(listen_test, a_socket_that_cannot_be_made_is_said_in_one_sentence) {
  const own_folder folder;
  io::loop quiet;
  const auto problem = [&](const std::filesystem::path& path) {
    return problem_with(quiet, {{"", 0, path}});
  };
  std::ofstream{folder.path / "file"} << "precious";
  EXPECT_EQ(problem(folder.path / "file"),
            "cannot listen on unix:" + (folder.path / "file").string()
              + ": there is a file of another kind; remove it, or set server.listen");
  EXPECT_TRUE(std::filesystem::exists(folder.path / "file"));
  EXPECT_EQ(
    problem("/nowhere/at/all.sock"),
    "cannot listen on unix:/nowhere/at/all.sock: its folder does not exist; make it, or set "
    "server.listen");
}

TEST_F(listen_test, a_busy_port_leaves_no_socket_behind) {
  const own_folder folder;
  serve();
  const auto path = folder.path / "reeve.sock";
  EXPECT_NE(running_.call([&] {
    return problem_with(running_.loop, {{"", 0, path}, {"127.0.0.1", port_, ""}});
  }),
            "");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(listen_test, what_took_the_place_of_its_socket_is_left_alone) {
  const own_folder folder;
  const auto path = folder.path / "reeve.sock";
  server_spec spec;
  spec.listen = {{"", 0, path}};
  serve(spec);
  std::filesystem::rename(path, folder.path / "old.sock");
  leave_a_dead_socket(path);
  end_server();
  EXPECT_TRUE(std::filesystem::exists(path));
}

// Without a descriptor left a new client is let in at the cost of an idle one; with
// nobody to let go it waits, and the loop does not spin.
TEST_F(listen_test, lives_through_being_out_of_file_descriptors) {
  serve();
  client idle{port_};
  EXPECT_EQ(idle.get("/livez").status, 200);

  client next{port_};
  EXPECT_EQ(next.get("/livez").status, 200);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  std::vector<int> taken;
  rlimit tight = before;
  tight.rlim_cur = 200;
  ::setrlimit(RLIMIT_NOFILE, &tight);
  for (int fd = ::dup(0); fd >= 0; fd = ::dup(0))
    taken.push_back(fd);
  ::close(taken.back());
  taken.pop_back();
  {
    client newest{port_}; // takes the last descriptor
    EXPECT_EQ(newest.get("/livez").status, 200);
    EXPECT_TRUE(idle.hung_up());
  }
  for (int fd : taken)
    ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(client{port_}.get("/livez").status, 200);
}

TEST_F(listen_test, takes_clients_again_when_descriptors_come_back) {
  serve();
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit tight = before;
  tight.rlim_cur = 200;
  ::setrlimit(RLIMIT_NOFILE, &tight);
  std::vector<int> taken;
  for (int fd = ::dup(0); fd >= 0; fd = ::dup(0))
    taken.push_back(fd);
  ::close(taken.back());
  taken.pop_back();
  client waits{port_}; // takes the last descriptor, so the server has none
  waits.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
  // No more than this: UBSan's look at a vptr needs a descriptor of its own.
  std::atomic<bool> turned{false};
  running_.loop.post([&] { turned = true; });
  while (!turned)
    std::this_thread::yield();
  for (int fd : taken)
    ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(waits.read().status, 200);
}

} // namespace reeve::http
