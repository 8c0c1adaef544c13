#include "io/docker/docker_engine.hpp"

#include "io/docker/docker_api.hpp"
#include "io/docker/docker_connection.hpp"
#include "io/docker/docker_judge.hpp"
#include "io/docker/docker_operation.hpp"
#include "io/loop/loop.hpp"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace reeve::io {

namespace {

using namespace std::chrono_literals;
using operation_kind = docker_operation::kind;

constexpr auto look_within = 10'000ms;
constexpr auto verify_again = 250ms;

/// What became of a question about a container.
struct look {
  std::optional<docker_api::container> found;
  bool missing = false; ///< there is none
  std::string problem;  ///< when neither: nothing is known
  bool silent = false;  ///< the engine did not answer
};

look read_look(const docker_http::answer& a) {
  look l;
  if (a.status == 200)
    l.found = docker_api::parse_container(a.body);
  l.missing = a.status == 404;
  l.silent = a.status == 0;
  if (l.silent)
    l.problem = a.problem;
  else if (!l.found && !l.missing)
    l.problem = a.status == 200 ? "Docker's answer cannot be read"
                                : "Docker says: " + docker_api::error_message(a.body);
  return l;
}

using watcher = std::function<void(const container_fact&)>;

struct watched {
  docker_judge judge;
  std::map<std::string, std::shared_ptr<watcher>> watchers; // by key
  bool looking = false;
  bool outdated = false; // something happened since the look began
  loop::timer_id again = 0;

  explicit watched(const std::string& reference) : judge{reference} {
  }
};

using watched_ptr = std::shared_ptr<watched>;

/// An order under way.
struct job {
  docker_operation order;
  std::optional<docker_api::container> before;
  std::vector<watched_ptr> affected;
  mono_time deadline;
  bool lost = false; ///< no reply came: it may still be at it
  std::string refusal;
  std::uint64_t promise = 0;
};

using job_ptr = std::shared_ptr<job>;

} // namespace

struct docker_engine::state : std::enable_shared_from_this<state> {
  loop& on;
  std::unique_ptr<docker_connection> engine;
  std::map<std::string, watched_ptr> watches; // by reference
  std::map<std::uint64_t, completion> promises;
  std::map<std::uint64_t, std::function<void(result<container_state>)>> inspections;
  std::uint64_t last_promise = 0;
  bool closed = false;

  explicit state(loop& l) : on{l} {
  }

  void open(std::string socket, std::chrono::milliseconds relist);
  void close();

  watched& entry(const std::string& reference);
  void look_at(const watched_ptr& w);
  void look_at_all();
  void looked(const watched_ptr& w, const look& l);
  void tell(const watched_ptr& w, const std::vector<container_fact>& facts);
  void take(const docker_api::event& e);
  void find(bool is_same);
  void lose(const std::string& reason);
  void tell_current(const watched_ptr& w, const std::shared_ptr<watcher>& who);

  void ask(const std::string& container, std::function<void(look)> done);
  void carry_out(docker_operation order, completion done);
  void begin(const job_ptr& j, const look& l);
  void verify(const job_ptr& j);
  void verified(const job_ptr& j, const look& l);
  void finish(const job_ptr& j, const std::optional<docker_api::container>& left,
              operation_outcome how);
  void leave_undone(const job_ptr& j, const std::string& why);
};

void docker_engine::state::open(std::string socket, std::chrono::milliseconds relist) {
  docker_connection::hooks hooks;
  hooks.found = [this](bool is_same) { find(is_same); };
  hooks.up = hooks.look = [this] { look_at_all(); };
  hooks.event = [this](const docker_api::event& e) { take(e); };
  hooks.down = [this](const std::string& reason) { lose(reason); };
  engine = std::make_unique<docker_connection>(on, std::move(socket), relist, std::move(hooks));
}

void docker_engine::state::close() {
  closed = true;
  for (auto& [reference, w] : std::exchange(watches, {}))
    on.cancel(w->again);
  const error stopping{"Reeve is stopping"};
  for (auto& [id, done] : std::exchange(promises, {}))
    done(operation_outcome{stopping});
  for (auto& [id, done] : std::exchange(inspections, {}))
    done(stopping);
}

// --- Watching ---

watched& docker_engine::state::entry(const std::string& reference) {
  auto& w = watches[reference];
  if (!w)
    w = std::make_shared<watched>(reference);
  return *w;
}

void docker_engine::state::look_at(const watched_ptr& w) {
  if (closed || !engine->up() || w->watchers.empty())
    return;
  on.cancel(std::exchange(w->again, 0));
  if (w->looking) {
    w->outdated = true;
    return;
  }
  w->looking = true;
  ask(w->judge.reference(), [this, w](const look& l) { looked(w, l); });
}

void docker_engine::state::look_at_all() {
  for (auto& [reference, w] : std::map{watches})
    look_at(w);
}

void docker_engine::state::looked(const watched_ptr& w, const look& l) {
  w->looking = false;
  if (std::exchange(w->outdated, false))
    return look_at(w);
  if (l.silent)
    engine->doubt();
  if (!engine->up() || !(l.found || l.missing))
    return; // the next list tells
  auto ruling = w->judge.see(l.found, on.now());
  if (ruling.look_again)
    w->again = on.call_after(*ruling.look_again, [weak = weak_from_this(), w] {
      if (auto self = weak.lock())
        self->look_at(w);
    });
  tell(w, ruling.facts);
}

void docker_engine::state::tell(const watched_ptr& w, const std::vector<container_fact>& facts) {
  for (const auto& fact : facts) {
    auto watchers = w->watchers; // they may watch and unwatch
    for (auto& [key, who] : watchers)
      if (!closed && *who)
        (*who)(fact);
  }
}

void docker_engine::state::take(const docker_api::event& e) {
  for (auto& [reference, w] : std::map{watches})
    if (w->judge.take(e, on.now()))
      look_at(w);
}

void docker_engine::state::find(bool is_same) {
  for (auto& [reference, w] : watches)
    w->judge.engine_found(is_same);
}

void docker_engine::state::lose(const std::string& reason) {
  for (auto& [reference, w] : std::map{watches}) {
    on.cancel(std::exchange(w->again, 0));
    w->outdated = w->looking;
    tell(w, w->judge.lost(reason));
  }
}

void docker_engine::state::tell_current(const watched_ptr& w, const std::shared_ptr<watcher>& who) {
  auto fact = w->judge.current();
  if (!fact)
    return look_at(w);
  on.post([weak = weak_from_this(), who, fact = *fact] {
    auto self = weak.lock();
    if (self && !self->closed && *who)
      (*who)(fact);
  });
}

// --- Orders ---

void docker_engine::state::ask(const std::string& container, std::function<void(look)> done) {
  engine->get("/containers/" + docker_api::escaped(container) + "/json", look_within,
              [this, done = std::move(done)](const docker_http::answer& a) {
                if (!closed)
                  done(read_look(a));
              });
}

void docker_engine::state::carry_out(docker_operation order, completion done) {
  auto j = std::make_shared<job>();
  j->order = std::move(order);
  j->promise = ++last_promise;
  promises.emplace(j->promise, std::move(done));
  ask(j->order.container, [this, j](const look& l) { begin(j, l); });
}

void docker_engine::state::begin(const job_ptr& j, const look& l) {
  if (l.missing)
    return leave_undone(j, "no such container '" + j->order.container + "': create it");
  if (!l.found)
    return leave_undone(j, l.problem);
  if (j->order.what == operation_kind::restart && l.found->state.paused)
    return leave_undone(j, "container '" + j->order.container + "' is paused: unpause it");
  if (!j->order.needed(*l.found)) {
    for (auto& [reference, w] : watches)
      if (w->judge.is(*l.found))
        w->judge.forget_told(); // somebody was faster than their events
    return finish(j, {}, std::monostate{});
  }
  j->before = l.found;
  j->deadline = on.now() + j->order.patience();
  for (auto& [reference, w] : watches)
    if (w->judge.is(*l.found)) {
      w->judge.operation_begun();
      j->affected.push_back(w);
    }
  engine->post(j->order.path(*l.found), j->order.patience(),
               [this, j](const docker_http::answer& a) {
                 if (closed)
                   return;
                 j->lost = a.status == 0;
                 if (a.status >= 400)
                   j->refusal = docker_api::error_message(a.body);
                 verify(j);
               });
}

void docker_engine::state::verify(const job_ptr& j) {
  ask(j->before->id, [this, j](const look& l) { verified(j, l); });
}

void docker_engine::state::verified(const job_ptr& j, const look& l) {
  if (l.missing)
    return leave_undone(j, "container '" + j->order.container + "' was removed meanwhile");
  if (!l.found)
    return leave_undone(j, l.problem);
  if (j->order.achieved(*j->before, *l.found))
    return finish(j, l.found, std::monostate{});
  if (!j->lost || on.now() >= j->deadline)
    return finish(j, l.found, error{j->order.failure(*l.found, j->refusal)});
  on.call_after(verify_again, [weak = weak_from_this(), j] {
    if (auto self = weak.lock(); self && !self->closed)
      self->verify(j);
  });
}

/// Nothing can be said of the container before it was looked at again.
void docker_engine::state::leave_undone(const job_ptr& j, const std::string& why) {
  if (auto w = watches.find(j->order.container); w != watches.end())
    w->second->judge.doubt();
  engine->doubt();
  finish(j, {}, {error{why}, blame::engine});
}

void docker_engine::state::finish(const job_ptr& j,
                                  const std::optional<docker_api::container>& left,
                                  operation_outcome how) {
  for (auto& w : j->affected)
    w->judge.operation_ended(left);
  auto done = std::move(promises.extract(j->promise).mapped());
  done(std::move(how));
  for (auto& w : j->affected)
    look_at(w);
}

// --- The contract ---

docker_engine::docker_engine(loop& l, std::string socket, std::chrono::milliseconds relist)
    : state_{std::make_shared<state>(l)} {
  state_->open(std::move(socket), relist);
}

docker_engine::~docker_engine() {
  state_->close();
  // A callback of the connection may be on the stack.
  state_->on.post([s = state_] {});
}

status docker_engine::reachable() const {
  return state_->engine->reachable();
}

void docker_engine::inspect(const std::string& container,
                            std::function<void(result<container_state>)> done) {
  auto id = ++state_->last_promise;
  state_->inspections.emplace(id, std::move(done));
  state_->ask(container, [s = state_.get(), id](const look& l) {
    auto answer = std::move(s->inspections.extract(id).mapped());
    if (l.found)
      return answer(l.found->state);
    container_state none;
    none.exists = false;
    answer(l.missing ? result<container_state>{none} : error{l.problem});
  });
}

void docker_engine::start(const std::string& container, completion done) {
  docker_operation order{.what = operation_kind::start, .container = container};
  state_->carry_out(std::move(order), std::move(done));
}

void docker_engine::stop(const std::string& container, std::chrono::milliseconds stop_timeout,
                         completion done) {
  docker_operation order{
    .what = operation_kind::stop, .container = container, .stop_timeout = stop_timeout};
  state_->carry_out(std::move(order), std::move(done));
}

void docker_engine::restart(const std::string& container, std::chrono::milliseconds stop_timeout,
                            completion done) {
  docker_operation order{
    .what = operation_kind::restart, .container = container, .stop_timeout = stop_timeout};
  state_->carry_out(std::move(order), std::move(done));
}

void docker_engine::watch(const std::string& container, const std::string& key,
                          std::function<void(const container_fact&)> told) {
  auto& w = state_->entry(container);
  if (w.watchers.empty())
    w.judge.forget_told();
  auto& who = w.watchers[key];
  if (who)
    *who = nullptr; // what is on its way to it comes too late
  who = std::make_shared<watcher>(std::move(told));
  if (auto reason = state_->engine->outage(); reason && !w.judge.current())
    w.judge.lost(*reason);
  state_->tell_current(state_->watches[container], who);
}

void docker_engine::unwatch(const std::string& container, const std::string& key) {
  auto found = state_->watches.find(container);
  if (found == state_->watches.end())
    return;
  auto& w = *found->second;
  if (auto who = w.watchers.find(key); who != w.watchers.end()) {
    *who->second = nullptr;
    w.watchers.erase(who);
  }
  if (!w.watchers.empty())
    return;
  state_->on.cancel(std::exchange(w.again, 0));
  if (!w.judge.remembers())
    state_->watches.erase(found);
}

void docker_engine::remember_stopped(const std::string& container) {
  state_->entry(container).judge.remember_stopped();
}

} // namespace reeve::io
