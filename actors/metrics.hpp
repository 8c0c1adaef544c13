#pragma once

#include "actors/daemon_series.hpp"
#include "actors/series.hpp"
#include "actors/service_text.hpp"
#include "actors/world.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reeve::actors {

/// What the metrics actor leaves to its successor: every number, and who waits for
/// the text.
struct metrics_memory {
  metrics_memory(const std::string& prefix_, const std::string& version)
      : prefix{prefix_}, daemon{prefix_, version} {
  }

  std::shared_ptr<journal> unread = std::make_shared<journal>();
  std::string prefix; ///< for as long as Reeve runs
  daemon_series daemon;
  std::map<std::string, std::shared_ptr<service_series>, std::less<>> services;
  std::vector<std::function<void(std::string)>> waiting;
};

/// Owns every series and renders the text. A long text is made in parts, one message
/// each, so that checks go on between them; whoever asks meanwhile gets the same.
class metrics_state {
public:
  using pointer = metrics_actor::stateful_pointer<metrics_state>;

  std::string name = "metrics"; ///< read by CAF

  void begin(pointer self, world_ptr w, std::shared_ptr<metrics_memory> memory);
  void heard(const told& t);
  void render();
  void render_part();

private:
  void take(const fact& f);
  void take_config(const daemon_spec& spec);
  void finish();

  /// A text in the making.
  struct rendering {
    std::vector<std::shared_ptr<service_series>> services;
    std::size_t next = 0;
    service_text text;
  };

  pointer self_ = nullptr;
  world_ptr world_;
  std::shared_ptr<metrics_memory> memory_;
  std::optional<rendering> rendering_;
};

metrics_actor::behavior_type metrics(metrics_state::pointer self, world_ptr w,
                                     std::shared_ptr<metrics_memory> memory);

} // namespace reeve::actors
