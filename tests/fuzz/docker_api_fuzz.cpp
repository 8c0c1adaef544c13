// What the Docker engine says: events, containers, versions, errors.
#include "io/docker/docker_api.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace reeve;
using namespace reeve::io;
using fuzz::require;

namespace {

void check_event(const docker_api::event& e) {
  require(!e.action.empty() && e.action.find(':') == std::string::npos, "an event has an action");
  require(!e.id.empty(), "an event is of a container");
  require(e.at.time_since_epoch().count() >= 0, "an event came after 1970");
}

void check_container(const docker_api::container& c) {
  require(!c.id.empty(), "a container has an id");
  require(c.stop_signal > 0 && c.stop_signal <= 64, "its stop signal exists");
  require(c.problem.size() <= 500 && fuzz::is_one_line(c.problem), "its problem is a line");
  require(fuzz::is_one_line(c.state.health_output), "its output is a line");
  require(c.state.started_at >= wall_time{} - std::chrono::hours{24}, "it was started after 1970");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  if (const auto e = docker_api::parse_event(text))
    check_event(*e);
  if (const auto c = docker_api::parse_container(text))
    check_container(*c);
  const auto version = docker_api::choose_version(text);
  require(version.find_first_not_of("0123456789.") == std::string::npos, "a version fits a path");
  require(fuzz::is_one_line(docker_api::error_message(text)), "an error is a line");
  const auto signal = docker_api::parse_signal(text);
  require(signal > 0 && signal <= 64, "a signal exists");
  docker_api::parse_time(text);
  require(docker_api::shortened(text, 20).size() <= 20, "short is short");
  for (const char c : docker_api::escaped(text))
    require(c > ' ' && c < 0x7f && c != '/' && c != '?', "what is escaped fits a URL");
  return 0;
}
