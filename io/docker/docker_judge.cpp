#include "io/docker/docker_judge.hpp"

#include <algorithm>
#include <utility>

namespace reeve::io {

namespace {

using namespace std::chrono_literals;
using kind = container_fact::kind;

/// A `docker kill` this shortly before the end has caused it.
constexpr auto kill_works_within = 10s;
constexpr std::size_t shortest_id = 4;

bool older(std::chrono::sys_time<std::chrono::nanoseconds> at, wall_time run) {
  return std::chrono::floor<std::chrono::milliseconds>(at) < run;
}

std::string how_it_ended(const docker_api::container& c, bool killed) {
  const auto& s = c.state;
  if (s.started_at == wall_time{})
    return c.problem.empty() ? "was created but never started" : "was not started: " + c.problem;
  auto text = "exited with code " + std::to_string(s.exit_code);
  if (s.oom_killed)
    return text + " (out of memory)";
  if (killed)
    return text + " (docker kill)";
  if (!c.problem.empty())
    return text + " (" + c.problem + ")";
  return text;
}

std::string health_reason(const container_state& s) {
  if (s.health != "unhealthy")
    return {};
  return s.health_output.empty() ? "its HEALTHCHECK fails"
                                 : "its HEALTHCHECK fails: " + s.health_output;
}

} // namespace

docker_judge::docker_judge(std::string reference) : reference_{std::move(reference)} {
}

bool docker_judge::named(std::string_view id, std::string_view name) const {
  if (name == reference_)
    return true;
  bool hex = reference_.size() >= shortest_id
             && reference_.find_first_not_of("0123456789abcdef") == std::string::npos;
  return hex && id.starts_with(reference_);
}

bool docker_judge::is(const docker_api::container& c) const {
  return c.id == id_ || named(c.id, c.name);
}

bool docker_judge::stop_signalled() const {
  return signals_.contains(stop_signal_);
}

bool docker_judge::take(const docker_api::event& e, mono_time now) {
  bool left_name = e.action == "rename" && e.old_name == reference_;
  if (e.id != id_)
    return left_name || named(e.id, e.name); // another container under our name
  if (operations_ > 0 || older(e.at, ours_until_))
    return false;
  const bool starts = e.action == "start";
  if (engine_is_other_ && !starts)
    return false; // its own doing
  engine_is_other_ = false;
  if (!started_ || !older(e.at, *started_)) // not of a run that is over
    remember(e, now);
  return e.action != "kill";
}

void docker_judge::remember(const docker_api::event& e, mono_time now) {
  if (e.action == "start") {
    begin_run();
  } else if (ours_down_) {
    return;
  } else if (e.action == "kill") {
    signals_[e.signal] = e.at;
  } else if (e.action == "stop") {
    stopped_ = e.at;
  } else if (e.action == "die") {
    bool killed = std::any_of(signals_.begin(), signals_.end(), [&](const auto& sent) {
      return sent.first != stop_signal_ && e.at - sent.second < kill_works_within;
    });
    died_ = death{e.at, now, e.exit_code, killed};
  }
}

void docker_judge::begin_run() {
  forget_before(wall_time::max());
  started_.reset();
  by_person_ = false;
  ours_down_ = false;
}

void docker_judge::forget_before(wall_time run) {
  if (died_ && older(died_->when, run)) {
    if (!died_->settled && !stop_signalled() && !stopped_)
      died_unseen_ = died_;
    died_.reset();
  }
  if (stopped_ && older(*stopped_, run))
    stopped_.reset();
  std::erase_if(signals_, [run](const auto& sent) { return older(sent.second, run); });
  found_down_.reset();
}

docker_judge::ruling docker_judge::see(const std::optional<docker_api::container>& found,
                                       mono_time now) {
  ruling out;
  if (operations_ > 0)
    return out;
  if (found) {
    adopt(*found);
    if (found->state.running && !found->state.restarting)
      see_running(*found, out);
    else if (!ours_down_)
      see_down(*found, now, out);
    else if (owes_word_)
      tell({.what = kind::at_rest, .reason = "is down by Reeve's own doing"}, {}, out);
  } else {
    begin_run();
    id_.clear();
    tell({.what = kind::removed, .reason = "there is no container '" + reference_ + "'"}, {}, out);
  }
  died_unseen_.reset();
  after_gap_ = engine_is_other_ = ran_before_gap_ = owes_word_ = false;
  return out;
}

/// Sorts out what is known of this container and this run from what is of others.
void docker_judge::adopt(const docker_api::container& c) {
  const auto& s = c.state;
  bool first = id_.empty();
  if (!first && c.id != id_) {
    begin_run();
    died_unseen_.reset();
  }
  bool other_run = started_ && *started_ != s.started_at;
  if (other_run || (first && s.running)) {
    by_person_ = false;
    ours_down_ = false;
  }
  if (!started_ || other_run)
    forget_before(s.started_at);
  id_ = c.id;
  stop_signal_ = c.stop_signal;
  started_ = s.started_at;
}

void docker_judge::see_running(const docker_api::container& c, ruling& out) {
  found_down_.reset();
  end_.reset();
  if (died_unseen_) {
    auto reason = "exited with code " + std::to_string(died_unseen_->exit_code);
    if (died_unseen_->killed)
      reason += " (docker kill)";
    tell({.what = kind::failed, .reason = reason, .engine_restarts = true}, c.state.finished_at,
         out);
  }
  const auto& policy = c.state.restart_policy;
  if (c.state.paused)
    return tell({.what = kind::paused, .reason = "paused by a person, in Docker"},
                c.state.started_at, out);
  if (c.health_is_open)
    out.look_again = patience;
  tell({.what = kind::running,
        .reason = health_reason(c.state),
        .health = c.state.health,
        .restart_policy = policy == "no" ? "" : policy,
        .started_at = c.state.started_at},
       c.state.started_at, out);
}

void docker_judge::see_down(const docker_api::container& c, mono_time now, ruling& out) {
  if (judge_down(c, now, out) && died_)
    died_->settled = true;
}

/// False: not yet.
bool docker_judge::judge_down(const docker_api::container& c, mono_time now, ruling& out) {
  const auto& s = c.state;
  by_person_ = by_person_ || stopped_;
  stopped_.reset();
  if (s.restarting) {
    auto reason = how_it_ended(c, died_ && died_->killed);
    tell({.what = kind::failed, .reason = reason, .engine_restarts = true}, s.finished_at, out);
  } else if (by_person_) {
    tell({.what = kind::stopped, .reason = "was stopped by a person"}, s.finished_at, out);
  } else if (end_ && end_->finished == s.finished_at && s.started_at != wall_time{}) {
    tell(end_->fact, s.finished_at, out);
  } else {
    return died_ ? judge_death(c, now, out) : judge_unexplained(c, now, out);
  }
  return true;
}

/// False: not yet.
bool docker_judge::judge_death(const docker_api::container& c, mono_time now, ruling& out) {
  if (stop_signalled() && wait(died_->learnt, now, out))
    return false;
  bool killed = died_->killed || stop_signalled();
  bool clean = c.state.exit_code == 0 && !killed && !c.state.oom_killed && c.problem.empty();
  conclude({.what = clean ? kind::ended : kind::failed, .reason = how_it_ended(c, killed)},
           c.state.finished_at, out);
  return true;
}

/// False: not yet.
bool docker_judge::judge_unexplained(const docker_api::container& c, mono_time now, ruling& out) {
  if (!found_down_)
    found_down_ = now;
  if (!after_gap_ && wait(*found_down_, now, out))
    return false;
  found_down_ = now - patience; // nothing is waited for twice
  auto reason = how_it_ended(c, false);
  if (engine_is_other_)
    reason = (ran_before_gap_ ? "was stopped with Docker itself, "
                              : "was down when Docker began to answer, ")
             + reason;
  conclude({.what = kind::failed, .reason = reason, .with_engine = engine_is_other_},
           c.state.finished_at, out);
  return true;
}

void docker_judge::conclude(const container_fact& fact, wall_time finished, ruling& out) {
  end_ = judged_end{finished, fact};
  tell(fact, finished, out);
}

/// True: the events may still come.
bool docker_judge::wait(mono_time since, mono_time now, ruling& out) {
  auto left = std::chrono::ceil<std::chrono::milliseconds>(since + patience - now);
  if (left <= 0ms)
    return false;
  out.look_again = left;
  return true;
}

void docker_judge::tell(container_fact fact, wall_time run, ruling& out) {
  bool same = told_ && told_->what == fact.what && told_->health == fact.health
              && told_->engine_restarts == fact.engine_restarts && told_run_ == run;
  if (same)
    return;
  told_ = fact;
  told_run_ = run;
  out.facts.push_back(std::move(fact));
}

std::optional<container_fact> docker_judge::current() const {
  bool ours = operations_ > 0 || ours_down_;
  bool told = told_ && (told_->what == kind::unreachable || told_->what == kind::at_rest);
  return ours && !told ? std::nullopt : told_;
}

std::vector<container_fact> docker_judge::lost(const std::string& reason) {
  ran_before_gap_ =
    ran_before_gap_ || (told_ && (told_->what == kind::running || told_->what == kind::paused));
  signals_.clear();
  found_down_.reset();
  after_gap_ = was_lost_ = owes_word_ = true;
  ruling out;
  tell({.what = kind::unreachable, .reason = reason}, {}, out);
  return std::move(out.facts);
}

void docker_judge::engine_found(bool is_same) {
  if (is_same || !was_lost_)
    return;
  engine_is_other_ = true;
  stopped_.reset();
  died_.reset();
  died_unseen_.reset();
}

void docker_judge::doubt() {
  told_.reset();
  owes_word_ = true;
}

void docker_judge::operation_begun() {
  ++operations_;
}

void docker_judge::operation_ended(const std::optional<docker_api::container>& left) {
  --operations_;
  doubt(); // what was told was before the operation
  if (operations_ > 0 || !left)
    return;
  owes_word_ = false;
  begin_run();
  died_unseen_.reset(); // what it died of was told, and is answered now
  end_.reset();
  id_ = left->id;
  stop_signal_ = left->stop_signal;
  started_ = left->state.started_at;
  ours_down_ = !left->state.running;
  ours_until_ = std::max(left->state.started_at, left->state.finished_at);
}

void docker_judge::remember_stopped() {
  by_person_ = true;
}

} // namespace reeve::io
