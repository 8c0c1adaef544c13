#include "io/docker_connection.hpp"

#include "io/loop.hpp"

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
constexpr auto longest_wait = 10'000ms;
constexpr auto steady_after = 10s; // the waits begin anew after so long a connection
constexpr auto replay = 100ms;     // what `since` asks for comes at once

std::string events_path(event_time since) {
  constexpr const char* filters =
    R"({"type":["container"],"event":["create","start","restart","kill","die","stop","rename",)"
    R"("destroy","health_status"]})";
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
  std::optional<event_time> newest;
  loop::timer_id timer = 0;
  loop::timer_id replayed = 0;

  state(loop& l, std::string path, std::chrono::milliseconds every, hooks h)
      : on{l}, socket{path}, relist{every}, tell{std::move(h)}, http{l, std::move(path)} {
  }

  void later(std::chrono::milliseconds d, void (state::*what)());
  void connect();
  void subscribe();
  void opened(bool after_gap);
  void take(std::string_view line);
  void tick();
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
  bool after_gap = newest.has_value();
  if (!newest)
    newest = std::chrono::system_clock::now();
  http.stream("/v" + version + events_path(*newest),
              {.opened = [this, after_gap] { opened(after_gap); },
               .line = [this](std::string_view line) { take(line); },
               .ended =
                 [this](docker_http::answer a) {
                   down(a.status == 0 || a.status == 200
                          ? a.problem
                          : "Docker tells no events: " + docker_api::error_message(a.body));
                 }});
}

void docker_connection::state::opened(bool after_gap) {
  is_up = true;
  problem.reset();
  up_since = on.now();
  later(relist, &state::tick);
  if (!after_gap)
    return tell.up();
  // First what was missed, then how things are: so that a stop is known as one.
  replayed = on.call_after(replay, [weak = weak_from_this()] {
    if (auto self = weak.lock(); self && self->is_up)
      self->tell.up();
  });
}

void docker_connection::state::take(std::string_view line) {
  auto e = docker_api::parse_event(line);
  if (!e)
    return tell.look();
  if (e->at == newest)
    return; // the one that `since` named
  newest = std::max(newest.value_or(e->at), e->at);
  tell.event(*e);
}

void docker_connection::state::tick() {
  // An engine that hangs ends no connection.
  http.get("/_ping", answer_within, [this](docker_http::answer a) {
    if (!is_up)
      return;
    if (a.status != 200) {
      http.end_stream();
      return down(a.status == 0 ? a.problem : docker_api::error_message(a.body));
    }
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

bool docker_connection::up() const {
  return state_->is_up;
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
