// Scenario files, and that everything which is accepted can be played.
#include "config/scenario.hpp"
#include "supervisor/play/simulation.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace std::chrono_literals;
using namespace reeve;
using fuzz::require;

namespace {

std::optional<std::string> environment(const std::string&) {
  return std::nullopt;
}

daemon_spec three_services() {
  const auto loaded = config::load_text("services:\n"
                                        "  postgres: {check: tcp://localhost:5432}\n"
                                        "  backend: {process: {command: [x]}}\n"
                                        "  mailer: {process: {command: [x]}}\n"
                                        "tree: {strategy: rest_for_one}\n",
                                        "reeve.yaml", environment);
  return std::get<config::loaded>(loaded).spec;
}

void check(const scenario& s, const daemon_spec& spec) {
  require(s.duration > 0ms, "it lasts");
  for (const auto& f : s.failures)
    require(f.at >= 0ms && f.down_for >= 0ms, "no time is negative");
  for (const auto& r : s.random)
    require(r.mtbf > 0ms && r.outage >= 0ms, "random failures have time between them");
  // As much of it as is quick: the number of events grows with the time.
  auto beginning = s;
  beginning.duration = std::min<std::chrono::milliseconds>(s.duration, 1min);
  for (auto& r : beginning.random)
    r.mtbf = std::max<std::chrono::milliseconds>(r.mtbf, 1s);
  std::chrono::milliseconds last{0};
  const auto result = simulate(spec, beginning, 1, [&last](const simulation_event& e) {
    require(e.at >= last, "time goes on");
    last = e.at;
  });
  for (const auto& service : result.services)
    require(service.downtime >= 0ms && service.downtime <= beginning.duration,
            "nothing is down longer than it all takes");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto spec = three_services();
  const auto read =
    config::load_scenario_text(fuzz::text_of(data, size), "fuzz.yaml", spec, environment);
  if (const auto* good = std::get_if<config::loaded_scenario>(&read)) {
    check(good->played, spec);
    return 0;
  }
  const auto& problems = std::get<1>(read);
  require(!problems.empty(), "a refusal says why");
  for (const auto& p : problems)
    require(fuzz::is_one_line(config::to_string(p)), "a problem is a line");
  return 0;
}
