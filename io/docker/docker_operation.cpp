#include "io/docker/docker_operation.hpp"

namespace reeve::io {

namespace {

bool is_up(const docker_api::container& c) {
  return c.state.running && !c.state.restarting;
}

} // namespace

bool docker_operation::needed(const docker_api::container& before) const {
  switch (what) {
  case kind::start:
    return !is_up(before);
  case kind::stop:
    return before.state.running || before.state.restarting;
  case kind::restart:
    break;
  }
  return true;
}

std::string docker_operation::path(const docker_api::container& before) const {
  auto base = "/containers/" + docker_api::escaped(before.id);
  // A start does not hurry an engine that waits before it restarts the container itself.
  if (what == kind::start && !before.state.restarting)
    return base + "/start";
  auto seconds = std::chrono::ceil<std::chrono::seconds>(stop_timeout).count();
  return base + (what == kind::stop ? "/stop" : "/restart") + "?t=" + std::to_string(seconds);
}

std::chrono::milliseconds docker_operation::patience() const {
  return stop_timeout + std::chrono::seconds{30};
}

bool docker_operation::achieved(const docker_api::container& before,
                                const docker_api::container& after) const {
  if (what == kind::stop)
    return !after.state.running && !after.state.restarting;
  bool same_run = after.id == before.id && after.state.started_at == before.state.started_at;
  return is_up(after) && (what == kind::start || !same_run);
}

std::string docker_operation::failure(const docker_api::container& after,
                                      const std::string& refusal) const {
  auto name = "container '" + container + "'";
  if (!refusal.empty())
    return name + ": Docker says: " + refusal;
  if (what == kind::stop)
    return name + " still runs after its stop";
  if (is_up(after))
    return name + " was not restarted";
  if (!after.problem.empty())
    return name + " was not started: " + after.problem;
  return name + " did not stay up: it exited with code " + std::to_string(after.state.exit_code);
}

} // namespace reeve::io
