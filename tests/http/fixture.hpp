#pragma once

#include "http/front/front.hpp"
#include "http/server.hpp"
#include "io/loop/loop.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace reeve::http {

/// A loop on a thread of its own.
class running_loop {
public:
  running_loop() : thread_{[this] { loop.run(); }} {
  }
  ~running_loop() {
    if (thread_.joinable())
      stop();
  }
  void stop() {
    loop.stop();
    thread_.join();
  }

  /// Runs `f` on the loop thread and returns what it returns.
  template <class F>
  auto call(F f) -> decltype(f()) {
    std::packaged_task<decltype(f())()> task{std::move(f)};
    auto result = task.get_future();
    loop.post([&task] { task(); });
    return result.get();
  }

  io::loop loop;

private:
  std::thread thread_;
};

/// One answer as the client saw it.
struct seen {
  int status = 0; ///< 0: the connection ended before an answer
  std::map<std::string, std::string> headers;
  std::string body;
};

/// A blocking client that sends what it is told to, byte by byte if need be.
class client {
public:
  explicit client(int port, const std::string& address = "127.0.0.1");
  /// By a socket in the file system.
  explicit client(const std::filesystem::path& socket);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  client& send(std::string_view bytes);
  /// Ends our side, as `nc -N` does.
  client& send_end();
  /// `bodiless`: the answer to a HEAD.
  seen read(bool bodiless = false);
  /// All that comes until the server hangs up.
  std::string read_to_end();
  /// Whether the server hung up, without a byte more.
  bool hung_up();
  seen get(const std::string& path); ///< whole, also if it comes in chunks
  seen post(const std::string& path, const std::string& headers = "Host: localhost\r\n");
  void reset(); ///< closes so that the server sees a reset

  int fd() const {
    return fd_;
  }

private:
  void connected(bool is);
  bool fill();
  std::string read_chunks();

  int fd_ = -1;
  std::string input_;
};

/// A server whose hooks read this.
struct world {
  // Touched on the loop thread only.
  snapshot_ptr now = std::make_shared<const snapshot>();
  bool ready = true;
  std::optional<bool> alive = true; ///< none: the answer never comes
  std::string metrics = "# nothing\n";
  tree_view tree;
  order_reply said;
  std::vector<std::pair<std::string, order>> orders;
  std::set<std::string, std::less<>> tokens; ///< of push checks
  std::vector<push_signal> pushes;
  std::shared_ptr<const group_spec> groups;
  std::vector<std::function<void()>> held; ///< answers that wait to be given
  bool hold = false;                       ///< tree and replies to orders go there
  void give_held(); ///< each twice: once more is once too often, and harmless

  struct told {
    std::string method;
    std::string endpoint;
    int status = 0;
  };
  std::vector<told> answered;

  hooks all();

private:
  void now_or_held(std::function<void()> give);
};

class server_test : public testing::Test {
protected:
  /// Call once, before anything else.
  void serve(server_spec spec = {}, front_limits limits = {});
  ~server_test() override;

  void show(const std::vector<service_picture>& services);
  void end_server();

  running_loop running_; // before what is used on it
  world world_;          // loop thread only
  std::unique_ptr<server> server_;
  int port_ = 0;
};

/// A front with a handler of the test's own.
class front_test : public testing::Test {
protected:
  void serve(front_limits limits, front::handler handle);
  ~front_test() override;

  running_loop running_;
  std::unique_ptr<front> front_;
  int port_ = 0;
};

service_picture picture(const std::string& name, health h, const std::string& reason = "");

} // namespace reeve::http
