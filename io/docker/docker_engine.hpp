#pragma once

#include "io/docker/container.hpp"
#include "io/loop/operation_outcome.hpp"
#include "supervisor/result.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace reeve::io {

class loop;

/// Docker's Engine API over its unix socket. Event-driven and level-triggered:
/// subscribes before it lists, lists again after every gap and every 30 s.
/// Reconnects with backoff. Loop thread only.
class docker_engine {
public:
  explicit docker_engine(loop& l, std::string socket,
                         std::chrono::milliseconds relist = std::chrono::seconds{30});
  /// Requests under way complete with an error, before it returns.
  ~docker_engine();

  /// The reason why not, if unreachable.
  status reachable() const;

  using completion = std::function<void(operation_outcome)>;

  void inspect(const std::string& container, std::function<void(result<container_state>)> done);

  // Each is judged by the container's state afterwards, not by the engine's reply,
  // and waits longer than the stop timeout. Stops and starts of ours are not told
  // as somebody else's.
  /// Nothing is done if it runs.
  void start(const std::string& container, completion done);
  void stop(const std::string& container, std::chrono::milliseconds stop_timeout, completion done);
  /// What is paused is left so: an error without a target.
  void restart(const std::string& container, std::chrono::milliseconds stop_timeout,
               completion done);

  /// Tells how `container` is now, then every change; never before `watch` has returned. While it
  /// is down by our own doing there is nothing to tell. By name or id; one watcher per container
  /// and `key`; same key again replaces.
  void watch(const std::string& container, const std::string& key,
             std::function<void(const container_fact&)> told);
  void unwatch(const std::string& container, const std::string& key);

  /// A person stopped it, as somebody remembers from an earlier life of Reeve; kept over gaps.
  void remember_stopped(const std::string& container);

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace reeve::io
