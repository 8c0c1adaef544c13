#include "supervisor/tree/service_tree.hpp"
#include "tests/supervisor/spec_maker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace reeve {
namespace {

using namespace std::chrono_literals;
using kind = tree_action::kind;

constexpr std::uint64_t seeds = 2'000;

/// What is really there, and the rules that every action has to keep.
class random_world {
public:
  random_world(std::uint64_t seed, bool may_escalate)
      : random_{seed}, maker_{random_},
        may_escalate_{may_escalate}, spec_{maker_.make(may_escalate)}, tree_{spec_, now_} {
    place();
    obey(tree_.boot(now_));
  }

  void live(int events) {
    for (int i = 0; i < events && !exited_; ++i)
      event();
  }

  /// Answers everything well and lets time pass, until all is quiet.
  void settle() {
    obey(tree_.pressure_is(std::nullopt, now_));
    for (int i = 0; i < 1'000; ++i) {
      if (open_.empty())
        all_are_up();
      if (!open_.empty())
        answer(true);
      else if (const auto due = tree_.next_due(); due && *due < now_ + 24h)
        advance(*due - now_);
      else if (!unseen_.empty())
        find_unseen();
      else
        break;
    }
    EXPECT_TRUE(open_.empty());
    for (const auto& name : start_order(spec_.tree))
      check_settled(name);
  }

private:
  void all_are_up() {
    for (const auto& name : start_order(spec_.tree))
      if ((alive_[name] || spec_maker::is_watched(name)) && !exited_)
        obey(tree_.health_is(name, incarnation(name), true, "", now_, chance()));
  }

  int pick(int first, int last) {
    return maker_.pick(first, last);
  }
  double chance() {
    return std::uniform_real_distribution{0.0, 1.0}(random_);
  }

  void place() {
    for (const auto& name : start_order(spec_.tree))
      if (!placed_.contains(name) && !open_.contains(name))
        alive_[name] = !spec_maker::is_process(name);
    const auto order = start_order(spec_.tree);
    placed_ = {order.begin(), order.end()};
    admitted_.clear();
    seen_.clear();
  }

  void event() {
    const auto order = start_order(spec_.tree);
    const auto& name = order[static_cast<std::size_t>(pick(0, static_cast<int>(order.size()) - 1))];
    if (pick(0, 19) == 0 && !exiting_)
      return die();
    switch (pick(0, 12)) {
    case 0:
    case 1:
    case 2:
      return fail(name);
    case 3:
    case 4:
    case 5:
      return answer(pick(0, 4) > 0);
    case 6:
      return advance(std::chrono::milliseconds{pick(0, 20'000)});
    case 7:
      return obey(tree_.recovered(name, incarnation(name), now_));
    case 8:
      return person(name);
    case 9:
    case 10:
      return obey(
        tree_.health_is(name, incarnation(name), pick(0, 1) == 0, "sick", now_, chance()));
    case 11:
      return obey(tree_.pressure_is(
        pick(0, 2) == 0 ? std::optional<std::string>{"pressure"} : std::nullopt, now_));
    default:
      return outside(name);
    }
  }

  void fail(const std::string& name) {
    if (!alive_[name])
      return;
    const bool stays_alive = !spec_maker::is_watched(name) && pick(0, 2) == 0;
    alive_[name] = stays_alive;
    const bool clean = !stays_alive && pick(0, 3) == 0;
    const auto run = incarnation(name);
    obey(tree_.failed(name, run, {"broke", stays_alive, clean, {}}, now_, chance()));
    const auto after = tree_.supervision_of(name, now_);
    if (!spec_maker::is_watched(name)) {
      EXPECT_NE(after.state, supervision::running) << name << " failed";
    }
  }

  void answer(bool well) {
    if (open_.empty())
      return;
    auto at = open_.begin();
    std::advance(at, pick(0, static_cast<int>(open_.size()) - 1));
    const auto [name, what] = *at;
    open_.erase(at);
    unseen_.erase(name);
    if (what == kind::stop) {
      alive_[name] = false;
      obey(tree_.stopped(name, now_));
    } else if (well) {
      alive_[name] = true;
      obey(tree_.started(name, now_));
    } else {
      alive_[name] = alive_[name] && what == kind::restart;
      obey(tree_.start_failed(name, "no", now_, chance()));
    }
  }

  void advance(mono_time::duration time) {
    now_ += time;
    obey(tree_.due(now_));
  }

  void person(const std::string& name) {
    const auto o = static_cast<order>(pick(0, 4));
    const auto before = tree_.supervision_of(name, now_);
    auto answer = tree_.person(name, o, now_);
    if (!answer) {
      EXPECT_EQ(tree_.supervision_of(name, now_), before) << answer.sentence();
      return;
    }
    if (o == order::restart || o == order::start)
      admitted_[before.shares_window ? before.group : name].clear();
    obey(*answer);
  }

  void outside(const std::string& name) {
    if (pick(0, 3) == 0 && !exiting_)
      return reload();
    if (open_.contains(name) || spec_maker::is_process(name))
      return;
    alive_[name] = pick(0, 1) == 0;
    obey(alive_[name] ? tree_.observed_start(name, now_)
                      : tree_.observed_stop(name, "by somebody", now_));
  }

  void reload() {
    spec_ = maker_.make(may_escalate_);
    const auto actions = tree_.reload(spec_, now_);
    place();
    obey(actions);
  }

  /// Reeve is killed, and another takes over: perhaps later, perhaps with another config.
  void die() {
    const instant then{now_, wall_time{1'000h}};
    const auto left = tree_.remember(placed_, then);
    for (auto& [name, lives] : alive_)
      if (spec_maker::is_process(name))
        lives = false;
      else if (open_.contains(name)) {
        const bool starts = open_[name] != kind::stop;
        const bool ends_all_the_same = pick(0, 1) == 0;
        if (ends_all_the_same)
          lives = starts;
        if (ends_all_the_same || starts)
          unseen_.insert(name);
      }
    open_.clear();
    if (pick(0, 3) == 0)
      spec_ = maker_.make(may_escalate_);
    const std::chrono::milliseconds pause{pick(0, 1) * pick(0, 20'000)};
    now_ += pause;
    tree_ = service_tree{spec_, now_};
    tree_.take_over(left, {now_, then.wall + pause});
    place();
    obey(tree_.boot(now_));
    for (const auto& name : start_order(spec_.tree))
      find(name);
  }

  /// By now its probe has looked.
  void find_unseen() {
    const auto name = unseen_.extract(unseen_.begin()).value();
    if (placed_.contains(name))
      find(name);
  }

  /// What a probe tells of what it finds.
  void find(const std::string& name) {
    if (spec_maker::is_process(name) || spec_maker::is_watched(name) || exited_)
      return;
    const auto state = tree_.supervision_of(name, now_).state;
    if (state == supervision::stopped && alive_[name] && !open_.contains(name))
      obey(tree_.observed_start(name, now_));
    if (!alive_[name])
      obey(tree_.failed(name, incarnation(name), {"found dead", false, false, {}}, now_, chance()));
  }

  void obey(const service_tree::actions& actions) {
    ASSERT_FALSE(exited_ && !actions.empty()) << "after the end";
    for (const auto& a : actions)
      check(a);
    for (const auto& name : start_order(spec_.tree))
      check_counters(name);
    EXPECT_GT(tree_.next_due().value_or(mono_time::max()), now_) << "a busy loop";
  }

  void check(const tree_action& a) {
    exited_ = exited_ || a.what == kind::exit;
    exiting_ = exiting_ || (a.what == kind::escalate && a.name == "root");
    if (a.what != kind::stop && a.what != kind::start && a.what != kind::restart)
      return;
    EXPECT_TRUE(open_.emplace(a.name, a.what).second) << "two operations at once in " << a.name;
    EXPECT_FALSE(spec_maker::is_watched(a.name));
    if (!tree_.knows(a.name)) {
      EXPECT_EQ(a.what, kind::stop);
      return;
    }
    const bool is_known = !unseen_.contains(a.name);
    if (a.what == kind::stop && is_known) {
      EXPECT_TRUE(alive_[a.name]) << a.name << " is dead";
    }
    if (a.what == kind::start && is_known) {
      EXPECT_FALSE(alive_[a.name]) << a.name << " is alive";
    }
    const auto state = tree_.supervision_of(a.name, now_).state;
    if (a.cause == restart_cause::boot && state == supervision::paused)
      return; // it ran when another Reeve ended
    EXPECT_NE(state, supervision::paused) << a.name;
    if (state == supervision::stopped) {
      EXPECT_TRUE(a.what == kind::stop && a.cause == restart_cause::person) << a.name;
    } else if (a.what == kind::stop && state != supervision::restarting) {
      EXPECT_TRUE(a.cause == restart_cause::reload || may_escalate_) << a.name;
      EXPECT_TRUE(a.cause == restart_cause::reload || state == supervision::waiting
                  || state == supervision::given_up)
        << a.name;
    } else if (a.cause != restart_cause::reload) {
      EXPECT_EQ(state, supervision::restarting) << a.name;
    }
  }

  /// A higher attempt is a restart that a window admitted, for nothing is stable here.
  /// Only the windows of the root and of its members are never renewed by a plan from above.
  void check_counters(const std::string& name) {
    const auto is = tree_.supervision_of(name, now_);
    if (const auto was = seen_.find(name); was != seen_.end()) {
      EXPECT_GE(is.restarts, was->second.restarts) << name;
      EXPECT_GE(is.incarnation, was->second.incarnation) << name;
      if (is.attempt > was->second.attempt && !may_escalate_ && is.group == "root")
        admit(is.shares_window ? is.group : name, is.limit);
    }
    if (is.state == supervision::restarting) {
      EXPECT_FALSE(open_.empty()) << name << " is restarting, but nothing is in flight";
    }
    seen_[name] = is;
  }

  void admit(const std::string& owner, const intensity& limit) {
    auto& times = admitted_[owner];
    times.push_back(now_);
    const auto recent = std::count_if(times.begin(), times.end(),
                                      [&](mono_time t) { return t >= now_ - limit.within; });
    EXPECT_LE(recent, limit.restarts) << "of " << owner;
  }

  void check_settled(const std::string& name) {
    const auto is = tree_.supervision_of(name, now_);
    EXPECT_NE(is.state, supervision::restarting) << name << " hangs: " << is.reason;
    if (is.hold == held_by::dependency) {
      EXPECT_TRUE(depends_on_what_rests(name)) << name << " is held for nothing: " << is.reason;
    } else {
      EXPECT_NE(is.state, supervision::waiting) << name << " hangs: " << is.reason;
    }
    if (is.state == supervision::running && !spec_maker::is_watched(name)) {
      EXPECT_TRUE(alive_[name]) << name << " is dead and nobody cares";
    }
    if (is.state == supervision::stopped && name != "g" && !exiting_ && !unseen_.contains(name)) {
      EXPECT_FALSE(alive_[name]) << name << " was to be stopped";
    }
  }

  bool depends_on_what_rests(const std::string& name) {
    const auto& all = spec_.services;
    const auto s =
      std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
    return std::any_of(s->depends_on.begin(), s->depends_on.end(), [&](const auto& dependency) {
      const auto is = tree_.supervision_of(dependency, now_);
      return is.state != supervision::running && is.state != supervision::ended;
    });
  }

  std::uint32_t incarnation(const std::string& name) {
    return tree_.supervision_of(name, now_).incarnation;
  }

  std::mt19937_64 random_;
  spec_maker maker_;
  bool may_escalate_;
  mono_time now_{1h};
  daemon_spec spec_;
  service_tree tree_;
  std::map<std::string, kind> open_; ///< operations in flight
  std::map<std::string, bool> alive_;
  std::set<std::string> unseen_; ///< no Reeve saw what became of its operation
  std::set<std::string> placed_;
  std::map<std::string, service_supervision> seen_;
  std::map<std::string, std::vector<mono_time>> admitted_;
  bool exiting_ = false;
  bool exited_ = false;
};

TEST(service_tree_property, keeps_its_promises_whatever_happens) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_world world{seed, seed % 2 == 0};
    world.live(150);
    world.settle();
    if (testing::Test::HasFailure())
      return;
  }
}

/// Stops in one sweep backwards, then starts in one sweep forwards.
TEST(service_tree_property, a_plan_stops_backwards_and_starts_forwards) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    spec_maker maker{random};
    const auto spec = maker.make(false);
    const auto order = start_order(spec.tree);
    service_tree tree{spec, mono_time{}};
    std::vector<tree_action> done;
    const auto obey = [&](service_tree::actions open) {
      for (std::size_t i = 0; i < open.size(); ++i) {
        const auto a = open[i];
        done.push_back(a);
        service_tree::actions more;
        if (a.what == kind::stop)
          more = tree.stopped(a.name, mono_time{});
        else if (a.what == kind::start || a.what == kind::restart)
          more = tree.started(a.name, mono_time{});
        open.insert(open.end(), more.begin(), more.end());
      }
    };
    obey(tree.boot(mono_time{}));
    for (const auto& each : order)
      obey(tree.health_is(each, tree.supervision_of(each, mono_time{}).incarnation, true, "",
                          mono_time{}, 0));
    done.clear();
    const auto& name = order[random() % order.size()];
    obey(tree.failed(name, spec_maker::is_process(name) ? 1 : 0, {"broke", true, false, {}},
                     mono_time{}, 0));
    obey(tree.due(mono_time{1h}));
    int last = static_cast<int>(order.size());
    bool are_starts = false;
    for (const auto& a : done) {
      if (a.what != kind::stop && a.what != kind::start && a.what != kind::restart)
        continue;
      const auto at =
        static_cast<int>(std::find(order.begin(), order.end(), a.name) - order.begin());
      if (a.what != kind::stop && !std::exchange(are_starts, true))
        last = -1;
      EXPECT_EQ(a.what != kind::stop, are_starts) << a.name;
      EXPECT_TRUE(are_starts ? at > last : at < last) << a.name;
      last = at;
    }
    if (testing::Test::HasFailure())
      return;
  }
}

} // namespace
} // namespace reeve
