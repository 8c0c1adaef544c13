#pragma once

#include "actors/handles.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::actors {

/// The one way of facts: from probes and the restarter to whoever subscribed. A
/// listener may be respawned; its start function says who it is now. Loop thread
/// only.
class publisher {
public:
  using filter = std::function<bool(const fact&)>;

  /// Once for each listener, before anything is told. Facts go to `unread`; the newest handle hears
  /// once that something is there, until it has taken all of it.
  void subscribe(std::string name, std::shared_ptr<journal> unread, filter wanted);
  /// REQUIRES: `name` has subscribed.
  void moved_to(std::string_view name, listener handle);

  void publish(fact f);

  /// The origin of a service's next fact.
  fact_origin next_origin(const std::string& service, std::uint32_t incarnation, instant at);

private:
  struct subscription {
    std::string name;
    std::shared_ptr<journal> unread;
    filter wanted;
    listener handle;
  };

  std::vector<subscription> subscriptions_;
  std::uint64_t sequence_ = 0;
};

/// True for facts of any of these types.
template <class... Ts>
bool is_any_of(const fact& f) {
  return (std::holds_alternative<Ts>(f) || ...);
}

} // namespace reeve::actors
