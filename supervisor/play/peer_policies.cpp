#include "supervisor/play/peer_policies.hpp"

#include "supervisor/play/failure_stream.hpp"

#include <algorithm>
#include <cmath>

namespace reeve {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using answer = std::optional<milliseconds>;

void forget_before(std::vector<milliseconds>& times, milliseconds first) {
  std::erase_if(times, [first](milliseconds t) { return t < first; });
}

/// 100 ms, and at most 5 starts within 10 s.
answer systemd(peer_memory& m, const peer_death& d) {
  const auto next = d.at + 100ms;
  m.times.push_back(d.at - d.lived);
  forget_before(m.times, next - 10s);
  return m.times.size() < 5 ? answer{100ms} : std::nullopt;
}

/// RestartSec 100 ms, RestartSteps 5, RestartMaxDelaySec 60 s: never reset, and too slow for the
/// start limit.
answer systemd_steps(peer_memory& m, const peer_death& /*d*/) {
  const int i = ++m.count;
  if (i > 5)
    return 60s;
  return milliseconds{std::llround(100 * std::pow(600, (i - 1) / 5.0))};
}

/// 100 ms, doubled up to a minute, from the beginning after a run of 10 s.
answer docker(peer_memory& m, const peer_death& d) {
  m.delay = m.delay == 0ms || d.lived >= 10s ? 100ms : std::min<milliseconds>(2 * m.delay, 60s);
  return m.delay;
}

/// At once, then `first`, doubled up to `most`; from the beginning after a run of 10 min.
answer crash_loop(peer_memory& m, const peer_death& d, milliseconds first, milliseconds most) {
  m.count = d.lived >= 10min ? 0 : m.count;
  m.delay = m.count == 0 ? 0ms : m.count == 1 ? first : std::min(2 * m.delay, most);
  ++m.count;
  return m.delay;
}

answer kubelet(peer_memory& m, const peer_death& d) {
  return crash_loop(m, d, 10s, 300s);
}

answer kubelet_fast(peer_memory& m, const peer_death& d) {
  return crash_loop(m, d, 1s, 60s);
}

/// 2 restarts within 30 min, each after 15 s and up to a quarter more. The window stands still: it
/// begins anew with the first death after its end.
answer nomad(peer_memory& m, const peer_death& d) {
  if (!m.window)
    m.window = d.at - d.lived;
  if (d.at > *m.window + 30min) {
    m.window = d.at;
    m.count = 0;
  }
  if (++m.count > 2)
    return std::nullopt;
  return milliseconds{std::llround(15'000 * (1 + 0.25 * d.random))};
}

/// A second if it did not run for longer than that.
answer s6(peer_memory& /*m*/, const peer_death& d) {
  return d.lived > 1s ? 0s : 1s;
}

/// k seconds before attempt k, at most 3 attempts that do not live for a second.
answer supervisord(peer_memory& m, const peer_death& d) {
  if (d.lived >= 1s) {
    m.count = 0;
    return 0s;
  }
  if (++m.count > 3)
    return std::nullopt;
  return std::chrono::seconds{m.count};
}

/// From 100 ms, half as much more each time up to 15 s; from the beginning after a run of 30 s.
answer pm2(peer_memory& m, const peer_death& d) {
  const auto grown = std::min<milliseconds>(m.delay * 3 / 2, 15s);
  m.delay = m.delay == 0ms || d.lived > 30s ? 100ms : grown;
  return m.delay;
}

/// At once, once within 5 s.
answer otp(peer_memory& m, const peer_death& d) {
  forget_before(m.times, d.at - 5s);
  m.times.push_back(d.at);
  return m.times.size() > 1 ? std::nullopt : answer{0s};
}

/// One service under a peer.
class peer_play {
public:
  peer_play(const peer_policy& peer, const scenario& s, const std::string& service,
            std::uint64_t seed)
      : peer_{peer}, scenario_{s}, failures_{s, seed}, random_{seed_of_part(seed, 0)} {
    const auto found = s.start_time.find(service);
    start_time_ = found == s.start_time.end() ? 0ms : found->second;
    for (auto f = next_of(service); f; f = next_of(service)) {
      start_until(f->at);
      fail(*f);
    }
    start_until(s.duration);
    if (is_running_ && run_began_ + start_time_ <= s.duration)
      recover(run_began_ + start_time_);
    else if (curable_at_ && *curable_at_ <= s.duration)
      recover(s.duration); // the end: it is still down
  }

  tuning_run made;

private:
  std::optional<failure_stream::failure> next_of(const std::string& service) {
    while (failures_.next_at() <= scenario_.duration) {
      auto f = failures_.pop();
      if (*f.service == service)
        return f;
    }
    return std::nullopt;
  }

  void fail(const failure_stream::failure& f) {
    if (is_running_ && run_began_ + start_time_ <= f.at)
      recover(run_began_ + start_time_);
    if (f.down_for > 0ms || is_running_)
      down_until_ = std::max(down_until_, f.at + f.down_for);
    if (curable_at_ || is_running_)
      curable_at_ = down_until_;
    if (is_running_)
      die(f.at);
  }

  void start_until(milliseconds end) {
    while (next_start_ && *next_start_ <= end) {
      run_began_ = *next_start_;
      next_start_.reset();
      ++made.restarts;
      is_running_ = true;
      if (run_began_ < down_until_)
        die(run_began_);
    }
  }

  void die(milliseconds at) {
    is_running_ = false;
    const auto wait = peer_.decide(memory_, {at, at - run_began_, random_()});
    if (wait)
      next_start_ = at + *wait;
    else if (!made.gave_up_at)
      made.gave_up_at = at;
  }

  void recover(milliseconds at) {
    if (!curable_at_)
      return;
    const auto late = at - *curable_at_;
    ++made.late.count;
    made.late.total += late;
    made.late.longest = std::max(made.late.longest, late);
    curable_at_.reset();
  }

  const peer_policy& peer_;
  const scenario& scenario_;
  failure_stream failures_;
  chance random_;
  peer_memory memory_;
  milliseconds start_time_{0};
  milliseconds run_began_{0};
  milliseconds down_until_{0};
  std::optional<milliseconds> next_start_;
  std::optional<milliseconds> curable_at_;
  bool is_running_ = true;
};

} // namespace

const std::vector<peer_policy>& peer_policies() {
  static const std::vector<peer_policy> all{
    {"systemd", "systemd.service(5), systemd-system.conf(5): RestartSec, StartLimitBurst", systemd},
    {"systemd, 5 steps to 60 s", "systemd.service(5): RestartSteps, RestartMaxDelaySec",
     systemd_steps},
    {"Docker, restart always", "moby: daemon/internal/restartmanager", docker},
    {"kubelet", "Kubernetes: pod lifecycle, CrashLoopBackOff", kubelet},
    {"kubelet, 1 s to 60 s", "KEP-4603: ReduceDefaultCrashLoopBackOffDecay", kubelet_fast},
    {"Nomad, service", "Nomad: client/allocrunner/taskrunner/restarts", nomad},
    {"s6", "s6-supervise(1)", s6},
    {"Supervisord", "Supervisord: startretries, startsecs", supervisord},
    {"pm2, from 100 ms", "pm2: exp_backoff_restart_delay", pm2},
    {"OTP, 1 in 5 s", "Erlang/OTP: supervisor(3), intensity and period", otp},
  };
  return all;
}

tuning_run play_peer(const peer_policy& peer, const scenario& s, const std::string& service,
                     std::uint64_t seed) {
  return peer_play{peer, s, service, seed}.made;
}

} // namespace reeve
