#include "cli/shutdown.hpp"

#include "actors/log_about.hpp"
#include "cli/table.hpp"
#include "io/loop/loop.hpp"
#include "io/processes/child_processes.hpp"
#include "io/restart_targets.hpp"
#include "supervisor/text.hpp"

#include <signal.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace reeve::cli {

namespace {

using std::chrono::milliseconds;

// What SIGKILL does not end in that time (a process in the depths of a hung file system, or of
// another user) is not waited for.
constexpr milliseconds patience_after_kill{1'000};

const service_spec* find(const daemon_spec& spec, const std::string& name) {
  const auto found = std::find_if(spec.services.begin(), spec.services.end(),
                                  [&](const service_spec& s) { return s.name == name; });
  return found == spec.services.end() ? nullptr : &*found;
}

bool is_process(const daemon_spec& spec, const std::string& name) {
  const auto* service = find(spec, name);
  return service == nullptr || std::holds_alternative<process_spec>(service->restart.target);
}

/// Our own processes are there, or not: what is under way on them ends with them.
std::set<std::string> without_processes(std::set<std::string> names, const daemon_spec& spec) {
  std::erase_if(names, [&](const std::string& name) { return is_process(spec, name); });
  return names;
}

std::set<std::string> joined(std::set<std::string> names, const std::vector<std::string>& more) {
  names.insert(more.begin(), more.end());
  return names;
}

} // namespace

shutdown::shutdown(io::loop& l, io::child_processes& children, io::restart_targets& targets,
                   std::shared_ptr<const daemon_spec> spec, std::set<std::string> under_way)
    : loop_{l}, children_{children}, targets_{targets}, spec_{std::move(spec)},
      operations_{without_processes(std::move(under_way), *spec_)},
      order_{*spec_, joined(operations_, children_.names())},
      limit_{std::max(order_.longest_chain(), children_.longest_stop()) + shutdown_margin} {
}

milliseconds shutdown::limit() const {
  return limit_;
}

std::string shutdown::what_is_left() const {
  std::string text;
  if (children_.running() > 0)
    text =
      std::to_string(children_.running()) + (children_.running() == 1 ? " process" : " processes");
  if (!operations_.empty())
    text += (text.empty() ? "" : " and ") + counted(operations_.size(), "restart");
  return text;
}

void shutdown::begin() {
  children_.close();
  targets_.close();
  loop_.call_after(limit(), [this] { cut_short("stopping takes too long"); });
  stop_ready();
  finish_if_done();
}

void shutdown::stop_ready() {
  for (auto ready = order_.take_ready(); !ready.empty(); ready = order_.take_ready())
    for (const auto& name : ready)
      stop(name);
}

void shutdown::stop(const std::string& name) {
  const auto timeout = timeout_of(name);
  stopping_.emplace(name, stopping{loop_.now(), timeout});
  if (is_process(*spec_, name))
    children_.stop(name, timeout, [this, name](const status&) {
      tell_if_killed(name);
      ended(name);
    });
  else if (!operations_.contains(name))
    return ended(name);
  loop_.call_after(timeout + patience_after_kill, [this, name] {
    if (!stopping_.contains(name) || killed_)
      return;
    actors::log_about("service", name)->warn("{}: does not end, and is not waited for", name);
    ended(name);
  });
}

void shutdown::tell_if_killed(const std::string& name) const {
  const auto how = children_.last_exit(name);
  if (!killed_ && how && how->too_slow)
    actors::log_about("service", name)
      ->warn("{}: did not stop within {} and was killed", name, describe(timeout_of(name)));
}

void shutdown::ended(const std::string& name) {
  stopping_.erase(name);
  order_.ended(name);
  if (killed_)
    return;
  stop_ready();
  finish_if_done();
}

void shutdown::operation_ended(const std::string& service) {
  if (operations_.erase(service) > 0 && stopping_.contains(service))
    ended(service);
}

void shutdown::operations_are_over() {
  operations_over_ = true;
  finish_if_done();
}

void shutdown::finish_if_done() {
  if (operations_over_ && order_.done() && !killed_)
    kill_all(); // what was not waited for
}

void shutdown::cut_short(const std::string& why) {
  if (killed_)
    return;
  std::string left;
  const auto add = [&](const std::string& what) { left += (left.empty() ? "" : ", ") + what; };
  for (const auto& [name, s] : stopping_)
    add(state_of(name, s));
  for (const auto& name : order_.waiting())
    add(name + " (not asked to stop yet: it waits for others)");
  spdlog::warn("{}: killing {}", why, left.empty() ? "what is left" : left);
  kill_all();
}

std::string shutdown::state_of(const std::string& name, const stopping& s) const {
  const auto since = std::chrono::duration_cast<milliseconds>(loop_.now() - s.since);
  const auto* what = is_process(*spec_, name) ? "stopping" : "its restart is under way";
  return name + " (" + what + ", for " + describe(since) + " of the " + describe(s.timeout)
         + " it has)";
}

void shutdown::kill_all() {
  killed_ = true;
  targets_.kill_all();
  const auto stop_if_last = [this](const status&) {
    if (children_.running() == 0)
      loop_.stop();
  };
  children_.kill_all(); // first, so that none of them hears its stop signal
  for (const auto& name : children_.names())
    children_.stop(name, milliseconds{0}, stop_if_last);
  loop_.call_after(patience_after_kill, [this] { loop_.stop(); });
  stop_if_last(std::monostate{});
}

milliseconds shutdown::timeout_of(const std::string& name) const {
  const auto* service = find(*spec_, name);
  return service ? time_to_end(*service) : limit_; // removed: its own time began earlier
}

} // namespace reeve::cli
