#include "supervisor/tree/remembered.hpp"

#include <algorithm>
#include <string_view>

namespace reeve {

namespace {

using std::chrono::milliseconds;

/// FNV-1a over texts, each with its end marked, so that two lists never read the same.
class hash {
public:
  void add(std::string_view text) {
    for (const char c : text)
      step(static_cast<unsigned char>(c));
    step(256);
  }
  void add(const std::vector<std::string>& texts) {
    for (const auto& text : texts)
      add(text);
    step(257);
  }
  std::uint64_t value() const {
    return value_;
  }

private:
  void step(std::uint64_t what) {
    value_ = (value_ ^ what) * 0x100000001b3;
  }

  std::uint64_t value_ = 0xcbf29ce484222325;
};

void add(hash& /*h*/, const std::monostate& /*none*/) {
}

void add(hash& h, const process_spec& p) {
  h.add("process");
  h.add(p.command);
  h.add(p.cwd);
  for (const auto& [name, value] : p.env) {
    h.add(name);
    h.add(value);
  }
  h.add(std::to_string(p.stop_signal));
  h.add(p.user);
}

void add(hash& h, const docker_target& d) {
  h.add("docker");
  h.add(d.container);
}

void add(hash& h, const exec_target& e) {
  h.add("exec");
  h.add(e.start);
  h.add(e.stop);
  h.add(e.restart);
}

template <class From, class Convert>
auto mapped(const std::optional<From>& from, const Convert& convert) {
  return from ? std::optional{convert(*from)} : std::nullopt;
}

} // namespace

bool is_blank(const remembered_service& s) {
  return s.state == supervision::running && s.restarts == 0 && s.attempt == 0 && !s.on_trial
         && !s.newest_restart && s.in_window.empty();
}

bool is_blank(const remembered_group& g) {
  return g.restarts.empty() && !g.due && !g.on_trial && g.in_window.empty();
}

bool is_blank(const remembered_push& p) {
  return !p.known_since;
}

bool is_blank(const remembered_record& r) {
  return !r.record;
}

bool remembered_record::operator==(const remembered_record& other) const {
  const bool is_same =
    record == other.record || (record && other.record && *record == *other.record);
  return is_same && service == other.service;
}

std::uint64_t fingerprint(const restart_target& target) {
  hash h;
  std::visit([&](const auto& t) { add(h, t); }, target);
  return h.value();
}

// Compared before they are subtracted: no file's nonsense overflows.
mono_time when_past(const instant& now, wall_time t) {
  constexpr milliseconds longest = std::chrono::hours{24} * 365;
  return now.mono - (now.wall - std::clamp(t, now.wall - longest, now.wall));
}

mono_time when_due(const instant& now, wall_time t, milliseconds most) {
  const auto last = now.wall + std::max(most, milliseconds{0});
  return now.mono + (std::clamp(t, now.wall, last) - now.wall);
}

remembered_push remember(const std::string& service, const std::string& check,
                         const push_record& record, mono_time known_since, const instant& now) {
  const auto wall = [&](mono_time t) { return on_wall(now, t); };
  return {service,
          check,
          wall(known_since),
          mapped(record.last_success, wall),
          mapped(record.failed,
                 [&](const auto& f) {
                   return remembered_push::failure{wall(f.at), f.reason};
                 }),
          mapped(record.started, wall),
          mapped(record.measured, wall),
          record.duration};
}

push_record recall(const remembered_push& p, const instant& now) {
  const auto mono = [&](wall_time t) { return when_past(now, t); };
  return {mapped(p.last_success, mono),
          mapped(p.failed,
                 [&](const auto& f) {
                   return push_record::failure{mono(f.at), f.reason};
                 }),
          mapped(p.started, mono), mapped(p.measured, mono), p.duration};
}

} // namespace reeve
