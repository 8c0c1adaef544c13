#include "io/checks/docker_check.hpp"

#include "io/docker/docker_engine.hpp"
#include "io/loop/loop.hpp"

#include <memory>
#include <string>
#include <utility>

namespace reeve::io {

namespace {

using kind = check_outcome::kind;

check_outcome outcome(kind what, std::string reason, bool at_once = false) {
  check_outcome o;
  o.what = what;
  o.reason = std::move(reason);
  o.at_once = at_once;
  return o;
}

check_outcome judge_state(const container_state& s, const std::string& container) {
  if (!s.exists)
    return outcome(kind::failed, "no such container '" + container + "'");
  auto ended = "exited with code " + std::to_string(s.exit_code);
  if (s.oom_killed)
    ended += " (out of memory)";
  if (s.restarting)
    return outcome(kind::failed, ended + ", Docker restarts it");
  if (!s.running)
    return outcome(kind::failed, s.started_at == wall_time{} ? "was never started" : ended);
  if (s.paused)
    return outcome(kind::not_run, "paused by a person, in Docker", true);
  if (s.health == "starting") {
    auto o = outcome(kind::not_run, "its HEALTHCHECK is starting");
    o.starting = true;
    return o;
  }
  if (s.health == "unhealthy")
    return outcome(kind::failed, s.health_output.empty()
                                   ? "its HEALTHCHECK fails"
                                   : "its HEALTHCHECK fails: " + s.health_output);
  return outcome(kind::answered, {});
}

class container_check : public check {
public:
  container_check(loop& l, docker_engine* engine, std::string container,
                  std::chrono::milliseconds timeout)
      : loop_{l}, engine_{engine}, container_{std::move(container)}, timeout_{timeout} {
  }
  ~container_check() override;

  void run(completion done) override;

private:
  struct one_run {
    completion done;
    loop::timer_id timer = 0;
  };

  static void finish(loop& l, one_run& r, check_outcome o);
  static void finish(loop& l, const std::weak_ptr<one_run>& r, check_outcome o);

  loop& loop_;
  docker_engine* engine_;
  std::string container_;
  std::chrono::milliseconds timeout_;
  std::shared_ptr<one_run> run_;
};

container_check::~container_check() {
  if (run_)
    finish(loop_, *run_, outcome(kind::cancelled, "cancelled"));
}

void container_check::finish(loop& l, one_run& r, check_outcome o) {
  if (auto done = std::exchange(r.done, nullptr)) {
    l.cancel(r.timer);
    done(std::move(o));
  }
}

void container_check::finish(loop& l, const std::weak_ptr<one_run>& r, check_outcome o) {
  if (auto alive = r.lock())
    finish(l, *alive, std::move(o));
}

void container_check::run(completion done) {
  run_ = std::make_shared<one_run>();
  run_->done = std::move(done);
  std::weak_ptr<one_run> weak = run_;
  auto& on = loop_;
  if (!engine_) {
    on.post([&on, weak] { finish(on, weak, outcome(kind::not_run, "no Docker engine", true)); });
    return;
  }
  run_->timer = on.call_after(timeout_, [&on, weak] {
    finish(on, weak, outcome(kind::not_run, "Docker does not answer in time", true));
  });
  auto began = on.now();
  engine_->inspect(container_, [&on, weak, began, name = container_](const auto& found) {
    auto o = found ? judge_state(*found, name) : outcome(kind::not_run, found.sentence(), true);
    o.answer.latency = std::chrono::duration_cast<std::chrono::milliseconds>(on.now() - began);
    finish(on, weak, std::move(o));
  });
}

} // namespace

std::unique_ptr<check> make_docker_check(loop& l, docker_engine* engine, const docker_check& target,
                                         std::chrono::milliseconds timeout) {
  return std::make_unique<container_check>(l, engine, target.container, timeout);
}

} // namespace reeve::io
