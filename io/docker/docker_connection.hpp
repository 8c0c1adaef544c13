#pragma once

#include "io/docker/docker_api.hpp"
#include "io/docker/docker_http.hpp"
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
    /// An engine answers: the one from before the gap, whose events go on, or another (or nobody
    /// knows). Comes before the events that it still tells of, and those before `up`.
    std::function<void(bool is_same)> found;
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
  /// And whoever looks now misses nothing.
  bool up() const;
  /// It did not answer a question: sees whether it answers at all, and is down if it does not.
  void doubt();
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
