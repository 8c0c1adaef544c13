#pragma once

#include "io/docker_api.hpp"
#include "io/docker_http.hpp"
#include "supervisor/result.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace reeve::io {

class loop;

/// Keeps a subscription to the engine's container events, and says when it has gaps. Loop thread
/// only.
class docker_connection {
public:
  struct hooks {
    std::function<void()> up;   ///< subscribed: whoever looks now misses nothing
    std::function<void()> look; ///< up, and something may have been missed
    std::function<void(const docker_api::event&)> event;
    std::function<void(const std::string& reason)> down; ///< once for each outage
  };

  /// Connects in the next turn. `look` is called every `relist` while it is up.
  docker_connection(loop& l, std::string socket, std::chrono::milliseconds relist, hooks h);
  /// Whatever is under way is dropped without a word.
  ~docker_connection();

  /// The reason why not, if it is not up.
  status reachable() const;
  bool up() const;
  /// Why it is down; none: it is up, or has not been tried yet.
  const std::optional<std::string>& outage() const;

  // Of the API, below its version. They try even when it is not up.
  void get(const std::string& path, std::chrono::milliseconds timeout,
           docker_http::completion done);
  void post(const std::string& path, std::chrono::milliseconds timeout,
            docker_http::completion done);

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace reeve::io
