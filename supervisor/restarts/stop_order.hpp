#pragma once

#include "supervisor/specs/daemon_spec.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace reeve {

/// What Reeve's end grants a command or an engine's request that is under way, on top of the
/// stop timeout: for a command this is between SIGTERM and SIGKILL.
constexpr std::chrono::milliseconds operation_grace{5'000};

/// What of Reeve's end is no service's own time: to hear the signal, to reap, to write the state.
constexpr std::chrono::milliseconds shutdown_margin{2'000};

/// How long `service` may take to end when Reeve does: its process to stop, or what is under
/// way on it to come to its end. 0: it is only watched.
std::chrono::milliseconds time_to_end(const service_spec& service);

/// Which services may be stopped when Reeve ends, given which have ended: all at once, but
/// - in a group whose strategy ties its children together, in reverse start order,
/// - who depends on others (also through others) before those. Where the two contradict each
///   other the group's order counts.
/// Pure. Cost of all calls together: services and dependencies.
class stop_order {
public:
  /// Of the services in `running`; one that `spec` does not know is independent of all.
  stop_order(const daemon_spec& spec, const std::set<std::string>& running);

  /// Who may be stopped now, each told once; at first, and after `ended`.
  std::vector<std::string> take_ready();
  /// Nothing of it is left. Ignored for who was not told by `take_ready`, and a second time.
  void ended(std::string_view name);

  /// Those of `running` that were not told yet, because they wait for others.
  std::vector<std::string> waiting() const;
  bool done() const;

  /// The largest sum of `time_to_end` along a chain of those that wait for each other.
  std::chrono::milliseconds longest_chain() const;

private:
  enum class stage { waits, told, ended };
  /// A service, or the begin or the end of a group.
  struct node {
    std::string name; ///< of a service that is to be stopped; else empty: over once it is reached
    std::chrono::milliseconds takes{0};
    stage now = stage::waits;
    std::size_t awaits = 0; ///< how many have it in `next` and are not over
    std::vector<std::size_t> next;
  };
  struct span {
    std::size_t first;
    std::size_t last;
  };

  std::size_t add_node();
  void add_edge(std::size_t from, std::size_t to);
  span add_group(const group_spec& group);
  void add_dependencies(const daemon_spec& spec);
  std::chrono::milliseconds measure() const;
  void reach(std::size_t at);

  std::vector<node> nodes_;
  std::map<std::string, std::size_t, std::less<>> services_;
  std::vector<std::size_t> backwards_; ///< services in reverse start order
  std::vector<std::string> ready_;
  std::chrono::milliseconds longest_chain_{0};
  std::size_t left_; ///< of those to be stopped
};

/// How long a Reeve with this config may take to end, with `shutdown_margin`; 0: there is
/// nothing that it would have to wait for.
std::chrono::milliseconds longest_shutdown(const daemon_spec& spec);

} // namespace reeve
