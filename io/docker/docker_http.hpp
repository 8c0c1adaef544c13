#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace reeve::io {

class loop;

/// HTTP over one unix socket, for the Docker engine. Each request is a connection of its own: an
/// engine that shuts down goes on to answer on old ones. Loop thread only.
class docker_http {
public:
  docker_http(loop& l, std::string socket);
  /// Whatever is under way is dropped without a word.
  ~docker_http();
  docker_http(const docker_http&) = delete;
  docker_http& operator=(const docker_http&) = delete;

  struct answer {
    int status = 0; ///< 0: none came
    std::string body;
    std::string problem; ///< why none came, or why it ended early
  };
  using completion = std::function<void(answer)>;

  /// Bodies end here: no container's description comes near it.
  static constexpr std::size_t longest_body = std::size_t{8} * 1024 * 1024;
  /// Longer lines of a stream are given in parts, none of which is JSON.
  static constexpr std::size_t longest_line = std::size_t{1024} * 1024;

  /// Short questions, a few at a time.
  void get(const std::string& path, std::chrono::milliseconds timeout, completion done);
  /// Orders, which may take their time, all at once.
  void post(const std::string& path, std::chrono::milliseconds timeout, completion done);

  struct stream_hooks {
    std::function<void()> opened; ///< status 200 came
    std::function<void(std::string_view line)> line;
    std::function<void(answer)> ended;
  };
  /// An endless answer, line by line. One at a time.
  void stream(const std::string& path, stream_hooks hooks);
  /// No hook is called any more.
  void end_stream();

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace reeve::io
