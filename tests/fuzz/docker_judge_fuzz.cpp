// The rules of who stopped a container, under any order of events, looks and gaps. The input is a
// script: one letter for what happens, some followed by a number.
#include "io/docker/docker_judge.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using fuzz::require;
using kind = container_fact::kind;

namespace {

class play {
public:
  void run(std::string_view script) {
    for (std::size_t i = 0; i < script.size(); ++i) {
      const bool counted = i + 1 < script.size() && script[i + 1] >= '0' && script[i + 1] <= '9';
      happen(script[i], counted ? script[i + 1] - '0' : 1);
    }
  }

private:
  void happen(char what, int number);
  void pass(std::chrono::milliseconds d);
  void event(const std::string& action, int signal = 0);
  void heed(const std::vector<container_fact>& facts);
  void look(bool exists);
  void finish_operation(bool looked);

  docker_judge judge_{"box"};
  docker_api::container box_{.id = "a1", .name = "box"};
  mono_time now_{1h};
  wall_time wall_{100h};
  int operations_ = 0;
  std::optional<container_fact> last_;
};

void play::pass(std::chrono::milliseconds d) {
  now_ += d;
  wall_ += d;
}

void play::event(const std::string& action, int signal) {
  docker_api::event e{.action = action, .id = box_.id, .name = box_.name, .signal = signal};
  e.at = wall_;
  judge_.take(e, now_);
}

void play::heed(const std::vector<container_fact>& facts) {
  for (const auto& f : facts) {
    const bool needs_reason = f.what != kind::running;
    require(!needs_reason || !f.reason.empty(), "what went wrong has a reason");
    require(f.health.empty() || f.what == kind::running, "only what runs has health");
    require(!f.with_engine || f.what == kind::failed, "an engine's end is no end that was wanted");
    last_ = f;
  }
}

void play::look(bool exists) {
  const auto ruling = judge_.see(exists ? std::optional{box_} : std::nullopt, now_);
  heed(ruling.facts);
  require(ruling.facts.empty() || operations_ == 0, "looks tell nothing during our own operation");
  if (ruling.look_again)
    require(*ruling.look_again > 0ms && *ruling.look_again <= docker_judge::patience,
            "patience has an end");
  else if (operations_ == 0 && exists && box_.state.running && !box_.state.restarting)
    require(judge_.current()
              && judge_.current()->what == (box_.state.paused ? kind::paused : kind::running),
            "what runs is told so");
  if (operations_ == 0)
    require(judge_.see(exists ? std::optional{box_} : std::nullopt, now_).facts.empty(),
            "the same look twice is no news");
}

void play::finish_operation(bool looked) {
  if (operations_ == 0)
    return;
  --operations_;
  judge_.operation_ended(looked ? std::optional{box_} : std::nullopt);
}

void play::happen(char what, int number) {
  auto& s = box_.state;
  switch (what) {
  case 'u': // it comes up
    pass(1ms);
    s.running = true;
    s.started_at = wall_;
    break;
  case 'd': // it goes down
    pass(1ms);
    s.running = false;
    s.exit_code = number;
    s.finished_at = wall_;
    break;
  case 'e':
    s.restarting = !s.restarting;
    break;
  case 'h':
    s.health = number > 5 ? "unhealthy" : number > 2 ? "healthy" : "starting";
    break;
  case 'i': // another container
    box_.id = "a" + std::to_string(number);
    break;
  case 'S':
    return event("start");
  case 'D':
    return event("die");
  case 'T':
    return event("stop");
  case 'K':
    return event("kill", number == 9 ? 9 : 15);
  case 'l':
    return look(true);
  case 'n':
    return look(false);
  case 'g': // a gap begins
    return heed(judge_.lost("gone"));
  case 'G': // and ends: with the same engine, or another
    return judge_.engine_found(number > 5);
  case 'P':
    s.paused = !s.paused;
    break;
  case 'o':
    return judge_.doubt();
  case 'b':
    ++operations_;
    return judge_.operation_begun();
  case 'f':
  case 'F':
    return finish_operation(what == 'f');
  case 'm':
    return judge_.remember_stopped();
  case 'p': // time passes
    pass(number * 997ms);
    break;
  default:
    break;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  play{}.run(fuzz::text_of(data, size));
  return 0;
}
