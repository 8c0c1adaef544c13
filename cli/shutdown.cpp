#include "cli/shutdown.hpp"

#include "io/child_processes.hpp"
#include "io/loop.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace reeve::cli {

shutdown::shutdown(io::loop& l, io::child_processes& children, const daemon_spec& spec)
    : loop_{l}, children_{children}, spec_{spec} {
  loop_.call_after(limit(), [this] {
    spdlog::warn("stopping takes too long: killing the {} children that are left",
                 children_.running());
    now();
  });
}

std::chrono::milliseconds shutdown::limit() const {
  std::chrono::milliseconds longest{0};
  for (const auto& service : spec_.services)
    if (std::holds_alternative<process_spec>(service.restart.target))
      longest = std::max(longest, service.restart.stop_timeout);
  return longest + std::chrono::seconds{2};
}

void shutdown::stop_children(std::vector<std::string> order) {
  order_ = std::move(order);
  std::reverse(order_.begin(), order_.end());
  stop_next();
}

void shutdown::stop_next() {
  if (order_.empty()) {
    now();
    return;
  }
  auto name = std::move(order_.back());
  order_.pop_back();
  auto found = std::find_if(spec_.services.begin(), spec_.services.end(),
                            [&](const service_spec& s) { return s.name == name; });
  auto timeout =
    found == spec_.services.end() ? std::chrono::milliseconds{0} : found->restart.stop_timeout;
  children_.stop(name, timeout, [this](const status&) { stop_next(); });
}

void shutdown::now() {
  ordered_ = true;
  order_.clear();
  children_.kill_all();
  // What SIGKILL does not end in that time (a process in the depths of a hung file system, or of
  // another user) is not waited for.
  loop_.call_after(std::chrono::seconds{1}, [this] { loop_.stop(); });
  child_exited();
}

void shutdown::child_exited() {
  if (ordered_ && children_.running() == 0)
    loop_.stop();
}

} // namespace reeve::cli
