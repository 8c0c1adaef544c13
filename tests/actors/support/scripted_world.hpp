#pragma once

#include "actors/outside.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace reeve::actors::test {

struct posted {
  std::function<void()> task;
};

} // namespace reeve::actors::test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::test::posted)

namespace reeve::actors::test {

/// A world that does what the test says. Checks are known by their URL, `http://NAME`.
class scripted_world {
public:
  scripted_world(caf::actor_system& system, std::function<mono_time()> now)
      : now_{std::move(now)}, poster_{system.spawn([](caf::event_based_actor*) -> caf::behavior {
          return {[](posted& p) { p.task(); }};
        })} {
  }

  /// Nothing is posted any more; to be called before the actor system ends.
  void close() {
    caf::anon_send_exit(poster_, caf::exit_reason::kill);
  }

  static constexpr wall_time began{std::chrono::milliseconds{1'700'000'000'000}};
  static mono_time mono(wall_time t) {
    return mono_time{t - began};
  }

  // What checks answer from now on.
  void answers(const std::string& url, int status) {
    check_outcome outcome;
    outcome.answer.status = status;
    script[url] = outcome;
  }
  void cannot_run(const std::string& url, const std::string& why) {
    script[url] = {check_outcome::kind::not_run, {}, why};
  }
  void starts(const std::string& url) {
    script[url] = {.what = check_outcome::kind::not_run, .starting = true};
  }
  void hangs(const std::string& url) {
    hanging.insert(url);
  }
  /// The run that hangs, or waits for its turn, comes to its end.
  void ends(const std::string& url, const check_outcome& how) {
    post([done = std::move(hung.extract(url).mapped()), how] { done(how); });
  }

  std::map<std::string, check_outcome> script;
  std::set<std::string> hanging;
  std::set<std::string> queued; ///< those that hang have not begun
  std::map<std::string, io::check::completion> hung;
  std::map<std::string, int> runs;
  std::map<std::string, std::vector<mono_time>> run_times;

  std::function<double()> chance; ///< in [0, 1); empty: always 0

  /// Called with each operation that is ordered; may be empty.
  std::function<void(io::operation, const service_spec&)> ordered;

  // What operations do: ok, unless told otherwise; held ones end by `release`.
  std::vector<std::string> operations;        ///< "restart web"
  std::map<std::string, std::string> failing; ///< service -> problem
  std::map<std::string, blame> not_to_blame;  ///< whose fault it is, of those that fail
  std::set<std::string> held;
  std::map<std::string, outside::completion> waiting;

  void release(const std::string& service, const status& how = std::monostate{}) {
    auto done = std::move(waiting.extract(service).mapped());
    post([done, how] { done(how); });
  }

  // Processes.
  std::map<std::string, child_state> children;
  std::vector<std::string> forgotten;

  void exits(const std::string& service, int code) {
    children[service] = {std::nullopt, io::process_exit{code}, std::nullopt};
  }

  // Containers.
  std::map<std::string, io::container_fact> containers;
  std::map<std::string, std::map<std::string, std::function<void(const io::container_fact&)>>>
    watchers;

  void tells(const std::string& container, const io::container_fact& fact) {
    containers[container] = fact;
    for (const auto& [key, told] : watchers[container])
      told(fact);
  }

  // What outlives Reeve. Held, nothing is said to be kept until `let_keep`.
  std::map<std::string, remembered_service> kept_services;
  std::map<std::string, remembered_group> kept_groups;
  std::map<std::string, remembered_push> kept_pushes; ///< by service
  std::map<std::string, remembered_record> kept_records;
  bool holds_keeping = false;
  std::vector<std::function<void()>> waiting_for_disk;
  std::set<std::string> remembered_stopped; ///< containers

  remembered left() const {
    remembered all;
    for (const auto& [name, s] : kept_services)
      if (!is_blank(s))
        all.services.push_back(s);
    for (const auto& [name, g] : kept_groups)
      if (!is_blank(g))
        all.groups.push_back(g);
    for (const auto& [name, p] : kept_pushes)
      if (!is_blank(p))
        all.pushes.push_back(p);
    for (const auto& [name, r] : kept_records)
      if (!is_blank(r))
        all.records.push_back(r);
    return all;
  }
  void let_keep() {
    for (auto& kept : std::exchange(waiting_for_disk, {}))
      post(std::move(kept));
  }

  /// While Reeve dies: what its actors do until they are gone reaches nobody.
  bool reeve_is_dead = false;

  /// What a Reeve that died ran and waited for is gone with it.
  void forget_reeve() {
    reeve_is_dead = false;
    children.clear();
    waiting.clear();
    watchers.clear();
    waiting_for_disk.clear();
  }

  /// The loop's turns, as far as actors see them: the next begins with `begin_turn`.
  std::vector<std::function<void()>> for_next_turn;
  std::function<void()> snapshot_changed; ///< to be set before the actors start

  void begin_turn() {
    for (const auto& task : std::exchange(for_next_turn, {}))
      task();
  }

  outside functions() {
    outside out;
    out.snapshot_changed = snapshot_changed;
    out.next_turn = [this](auto task) { for_next_turn.push_back(std::move(task)); };
    out.remember = [this](const remembered& changes, std::function<void()> kept) {
      if (!reeve_is_dead)
        keep(changes, std::move(kept));
    };
    out.remember_stopped = [this](const std::string& container) {
      if (!reeve_is_dead)
        remembered_stopped.insert(container);
    };
    out.make_check = [this](const check_spec& spec) { return make_check(spec); };
    out.carry_out = [this](io::operation what, const service_spec& spec, outside::completion done) {
      if (!reeve_is_dead)
        carry_out(what, spec, std::move(done));
    };
    out.watch = [this](const std::string& container, const std::string& key, auto told) {
      watchers[container][key] = told;
      if (containers.contains(container))
        post([told, fact = containers[container]] { told(fact); });
    };
    out.unwatch = [this](const std::string& container, const std::string& key) {
      watchers[container].erase(key);
    };
    out.child = [this](const std::string& service) { return children[service]; };
    out.forget_child = [this](const std::string& service) { forgotten.push_back(service); };
    out.now = [this] {
      const auto mono = now_();
      return instant{
        mono,
        began + std::chrono::duration_cast<std::chrono::milliseconds>(mono.time_since_epoch())};
    };
    out.random = [this] { return chance ? chance() : 0.0; };
    out.usage = [] { return process_usage{1.5, 20'000'000, 12, 1'700'000'000}; };
    return out;
  }

private:
  class check : public io::check {
  public:
    check(scripted_world& w, std::string url) : world_{w}, url_{std::move(url)} {
    }
    ~check() override {
      if (const auto run = world_.hung.extract(url_))
        run.mapped()({check_outcome::kind::cancelled});
    }
    bool waits_for_its_turn() const override {
      return world_.queued.contains(url_);
    }
    void run(completion done) override {
      ++world_.runs[url_];
      world_.run_times[url_].push_back(world_.now_());
      if (std::exchange(*running_, true))
        ADD_FAILURE() << "the check of " << url_ << " is run while it runs";
      const auto ended = [running = running_, done = std::move(done)](const check_outcome& how) {
        *running = false;
        done(how);
      };
      if (world_.hanging.contains(url_))
        world_.hung[url_] = ended;
      else
        world_.post([ended, outcome = world_.script[url_]] { ended(outcome); });
    }

  private:
    scripted_world& world_;
    std::string url_;
    std::shared_ptr<bool> running_ = std::make_shared<bool>(false);
  };

  std::unique_ptr<io::check> make_check(const check_spec& spec) {
    const auto* http = std::get_if<http_check>(&spec.target);
    return std::make_unique<check>(*this, http ? http->url : spec.name);
  }

  void carry_out(io::operation what, const service_spec& spec, outside::completion done) {
    static const std::map<io::operation, std::string> words{{io::operation::stop, "stop"},
                                                            {io::operation::start, "start"},
                                                            {io::operation::restart, "restart"}};
    operations.push_back(words.at(what) + " " + spec.name);
    if (ordered)
      ordered(what, spec);
    const auto problem = failing.find(spec.name);
    if (std::holds_alternative<process_spec>(spec.restart.target) && problem == failing.end()) {
      if (what == io::operation::stop)
        children[spec.name] = {std::nullopt, io::process_exit{0, 15, true}, std::nullopt};
      else
        children[spec.name] = {++last_pid_, std::nullopt, std::nullopt};
    } else if (std::holds_alternative<process_spec>(spec.restart.target)
               && what != io::operation::stop) {
      children[spec.name] = {std::nullopt, std::nullopt, problem->second};
    }
    if (held.contains(spec.name))
      waiting[spec.name] = std::move(done);
    else if (problem == failing.end())
      post([done] { done(std::monostate{}); });
    else
      post([done, how = io::operation_outcome{error{problem->second}, blame_for(spec.name)}] {
        done(how);
      });
  }

  blame blame_for(const std::string& service) const {
    const auto found = not_to_blame.find(service);
    return found == not_to_blame.end() ? blame::service : found->second;
  }

  void keep(const remembered& changes, std::function<void()> kept) {
    for (const auto& s : changes.services)
      kept_services[s.name] = s;
    for (const auto& g : changes.groups)
      kept_groups[g.name] = g;
    for (const auto& p : changes.pushes)
      kept_pushes[p.service] = p;
    for (const auto& r : changes.records)
      kept_records[r.service] = r;
    if (kept)
      waiting_for_disk.push_back(std::move(kept));
    if (!holds_keeping)
      let_keep();
  }

  void post(std::function<void()> task) {
    caf::anon_send(poster_, posted{std::move(task)});
  }

  std::function<mono_time()> now_;
  caf::actor poster_;
  int last_pid_ = 100;
};

} // namespace reeve::actors::test
