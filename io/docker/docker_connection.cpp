#include "io/docker/docker_connection.hpp"

#include "io/loop/loop.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <utility>

namespace reeve::io {

namespace {

using namespace std::chrono_literals;
using event_time = std::chrono::sys_time<std::chrono::nanoseconds>;

constexpr auto answer_within = 10'000ms;
constexpr auto first_wait = 100ms;
constexpr auto longest_wait = 1'000ms;
constexpr auto steady_after = 10s;    // the waits begin anew after so long a connection
constexpr auto replay_begins = 500ms; // what `since` asks for comes at once
constexpr auto replay = 100ms;
constexpr auto overlap = 1s; // events are not told quite in the order of their times
constexpr const char* mark_only = "exec_die"; // frequent, and says nothing of the container

std::string events_path(event_time since) {
  constexpr const char* filters =
    R"({"type":["container"],"event":["create","start","restart","kill","die","stop","rename",)"
    R"("destroy","pause","unpause","health_status","exec_die"]})";
  auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%lld.%09lld",
                static_cast<long long>(seconds.time_since_epoch().count()),
                static_cast<long long>((since - seconds).count()));
  return "/events?since=" + std::string{text.data()} + "&filters=" + docker_api::escaped(filters);
}

} // namespace

struct docker_connection::state : std::enable_shared_from_this<state> {
  loop& on;
  std::string socket;
  std::chrono::milliseconds relist;
  hooks tell;
  docker_http http;
  std::string version = "1.41";
  bool is_up = false;
  std::optional<std::string> problem; // while it is down
  mono_time up_since;
  std::chrono::milliseconds next_wait = first_wait;
  std::optional<event_time> newest; // of the engine's events; an engine that ends forgets them
  event_time old_until;             // what is not newer was told before, or was not asked for
  bool replaying = false;           // what the engine still knows of comes first
  bool after_gap = false;
  bool found = false; // which engine it is was told
  bool pinging = false;
  bool is_due = false; // a new list
  loop::timer_id timer = 0;
  loop::timer_id replayed = 0;

  state(loop& l, std::string path, std::chrono::milliseconds every, hooks h)
      : on{l}, socket{path}, relist{every}, tell{std::move(h)}, http{l, std::move(path)} {
  }

  void later(std::chrono::milliseconds d, void (state::*what)());
  void connect();
  void subscribe();
  void opened();
  void found_engine(bool is_same);
  void replay_over_after(std::chrono::milliseconds d);
  void take(std::string_view line);
  bool is_news(const docker_api::event& e);
  void tick();
  void ping();
  void down(const std::string& reason);
};

void docker_connection::state::later(std::chrono::milliseconds d, void (state::*what)()) {
  on.cancel(timer);
  timer = on.call_after(d, [weak = weak_from_this(), what] {
    if (auto self = weak.lock())
      ((*self).*what)();
  });
}

void docker_connection::state::connect() {
  http.get("/version", answer_within, [this](docker_http::answer a) {
    if (a.status == 200) {
      version = docker_api::choose_version(a.body);
      subscribe();
    } else {
      down(a.status == 0 ? a.problem
                         : "what answers at " + socket
                             + " is not Docker: " + docker_api::error_message(a.body));
    }
  });
}

void docker_connection::state::subscribe() {
  after_gap = newest.has_value();
  old_until = newest.value_or(std::chrono::system_clock::now());
  http.stream("/v" + version + events_path(newest.value_or(event_time{2 * overlap}) - overlap),
              {.opened = [this] { opened(); },
               .line = [this](std::string_view line) { take(line); },
               .ended =
                 [this](docker_http::answer a) {
                   down(a.status == 0 || a.status == 200
                          ? a.problem
                          : "Docker tells no events: " + docker_api::error_message(a.body));
                 }});
}

void docker_connection::state::opened() {
  is_up = true;
  problem.reset();
  up_since = on.now();
  later(relist, &state::tick);
  found = false;
  replaying = true;
  replay_over_after(replay_begins);
  if (after_gap)
    return;
  found_engine(false);
  tell.up();
}

void docker_connection::state::found_engine(bool is_same) {
  if (!std::exchange(found, true))
    tell.found(is_same);
}

/// First what was missed, then how things are: so that a stop is known as one.
void docker_connection::state::replay_over_after(std::chrono::milliseconds d) {
  on.cancel(replayed);
  replayed = on.call_after(d, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self || !self->is_up)
      return;
    self->found_engine(false);
    self->replaying = false;
    self->newest = self->newest.value_or(self->old_until);
    if (self->after_gap)
      self->tell.up();
  });
}

void docker_connection::state::take(std::string_view line) {
  auto e = docker_api::parse_event(line);
  if (!e)
    return tell.look();
  const bool tells = is_news(*e) && e->action != mark_only;
  newest = std::max(newest.value_or(e->at), e->at);
  if (tells)
    tell.event(*e);
}

/// Only the engine that told the newest event before a gap tells it again.
bool docker_connection::state::is_news(const docker_api::event& e) {
  if (!replaying)
    return true;
  if (!found)
    replay_over_after(replay);
  if (e.at == old_until)
    found_engine(true);
  if (e.at <= old_until)
    return false;
  found_engine(false);
  return true;
}

void docker_connection::state::tick() {
  is_due = true;
  ping();
}

/// An engine that hangs ends no connection.
void docker_connection::state::ping() {
  if (std::exchange(pinging, true))
    return;
  http.get("/_ping", answer_within, [this](docker_http::answer a) {
    pinging = false;
    const bool was_due = std::exchange(is_due, false);
    if (!is_up)
      return;
    if (a.status != 200) {
      http.end_stream();
      return down(a.status == 0 ? a.problem : docker_api::error_message(a.body));
    }
    if (!was_due)
      return;
    later(relist, &state::tick);
    tell.look();
  });
}

void docker_connection::state::down(const std::string& reason) {
  bool was_known = problem.has_value();
  if (is_up && on.now() - up_since >= steady_after)
    next_wait = first_wait;
  is_up = false;
  problem = reason;
  on.cancel(replayed);
  later(next_wait, &state::connect);
  next_wait = std::min<std::chrono::milliseconds>(next_wait * 2, longest_wait);
  if (!was_known)
    tell.down(reason);
}

docker_connection::docker_connection(loop& l, std::string socket, std::chrono::milliseconds relist,
                                     hooks h)
    : state_{std::make_shared<state>(l, std::move(socket), relist, std::move(h))} {
  state_->later(0ms, &state::connect);
}

docker_connection::~docker_connection() {
  state_->on.cancel(state_->timer);
  state_->on.cancel(state_->replayed);
}

status docker_connection::reachable() const {
  if (state_->is_up)
    return std::monostate{};
  return error{state_->problem.value_or("Docker has not answered yet at " + state_->socket)};
}

void docker_connection::doubt() {
  if (state_->is_up)
    state_->ping();
}

bool docker_connection::up() const {
  return state_->is_up && !(state_->replaying && state_->after_gap);
}

const std::optional<std::string>& docker_connection::outage() const {
  return state_->problem;
}

void docker_connection::get(const std::string& path, std::chrono::milliseconds timeout,
                            docker_http::completion done) {
  state_->http.get("/v" + state_->version + path, timeout, std::move(done));
}

void docker_connection::post(const std::string& path, std::chrono::milliseconds timeout,
                             docker_http::completion done) {
  state_->http.post("/v" + state_->version + path, timeout, std::move(done));
}

} // namespace reeve::io
