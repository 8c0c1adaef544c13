#include "config/tree.hpp"

#include "config/restart.hpp"
#include "config/shown_text.hpp"
#include "config/windows.hpp"

#include <unordered_map>

namespace reeve::config {
namespace {

using namespace std::chrono_literals;

class tree_reader {
public:
  tree_reader(const std::vector<service_entry>& services, const defaults& inherited)
      : inherited_{inherited} {
    for (const auto& s : services) {
      services_.emplace(s.spec.name, &s);
      names_.push_back(s.spec.name);
    }
  }

  void read(const std::optional<reader>& from, daemon_spec& into) {
    auto& root = into.tree;
    root = group_of("root");
    if (from)
      read_root(*from, into);
    for (const auto& name : names_)
      if (!places_.contains(name))
        root.children.emplace_back(name);
    warn_of_windows(root, services_, intensities_, inherited_);
  }

private:
  group_spec group_of(std::string name) const {
    group_spec made;
    made.name = std::move(name);
    made.intensity = inherited_.restart.intensity;
    made.intensity_is_written = false;
    return made;
  }

  void read_root(const reader& from, daemon_spec& into) {
    auto& root = into.tree;
    fields f{from};
    read_policy(f, root);
    if (const auto budget = f.find("budget"))
      into.budget = read_budget(*budget);
    if (const auto hold = f.find("hold"))
      into.hold = read_hold(*hold);
    if (const auto children = f.find("children"))
      read_children(*children, root);
    if (const auto restart = f.find("restart"))
      restart->fail("is for groups; the root is nobody's child");
    if (const auto group = f.find("group"))
      group->fail("the root has its name; groups stand under 'children'");
    f.finish();
  }

  static budget_spec read_budget(const reader& from) {
    budget_spec made;
    if (!from.is_map()) {
      from.fail_type("a map such as {concurrent: 3, per_minute: 20}");
      return made;
    }
    fields f{from};
    const bool concurrent = f.whole("concurrent", made.concurrent, 1, no_limit).has_value();
    const bool per_minute = f.whole("per_minute", made.per_minute, 1, no_limit).has_value();
    if (f.finish() && !concurrent && !per_minute)
      from.fail("needs 'concurrent' or 'per_minute', or both");
    return made;
  }

  static pressure_limits read_hold(const reader& from) {
    pressure_limits made;
    if (!from.is_map()) {
      from.fail_type("a map such as {cpu: 80, memory: 40, io: 60}");
      return made;
    }
    fields f{from};
    bool any = false;
    for (const auto& [key, limit] : {std::pair{"cpu", &made.cpu}, std::pair{"memory", &made.memory},
                                     std::pair{"io", &made.io}})
      if (const auto at = f.number(key, *limit, 0, 100)) {
        any = true;
        if (at->is_zero())
          at->fail("0 would hold everything back for ever; write a percentage, or nothing");
      }
    if (f.finish() && !any)
      from.fail("needs 'cpu', 'memory' or 'io': the percentage of time in which somebody waits");
    return made;
  }

  void read_policy(fields& f, group_spec& into) {
    f.word("strategy", into.strategy);
    if (const auto limit = f.find("intensity")) {
      read_intensity(*limit, into.intensity);
      into.intensity_is_written = true;
      intensities_.emplace(into.name, *limit);
    }
    f.word("on_exhausted", into.on_exhausted);
    if (const auto cooldown = f.find("cooldown"); cooldown && !cooldown->is_zero())
      f.duration("cooldown", into.cooldown, 0ms);
    else if (cooldown)
      into.cooldown = 0ms;
  }

  void read_children(const reader& from, group_spec& into) {
    for (const auto& child : from.items("a list of services and groups")) {
      if (child.is_map())
        into.children.emplace_back(read_group(child));
      else if (!child.is_scalar())
        child.fail_type("the name of a service, or a map with 'group'");
      else if (const auto name = child.text())
        read_service(*name, child, into);
    }
  }

  void read_service(const std::string& name, const reader& at, group_spec& into) {
    if (!services_.contains(name))
      at.fail("no service " + in_quotes(name) + at.shared().problems.suggestion(name, names_));
    else if (const auto [first, fresh] = places_.emplace(name, at.at().line); !fresh)
      at.fail(in_quotes(name) + " stands in the tree twice; the first place is line "
              + std::to_string(first->second));
    else
      into.children.emplace_back(name);
  }

  group_spec read_group(const reader& from) {
    auto made = group_of("");
    fields f{from};
    for (const auto* key : {"budget", "hold"})
      if (const auto at = f.find(key))
        at->fail("is for the whole host, and stands directly under 'tree'");
    const auto name = f.text("group", made.name);
    if (name && !made.name.empty())
      check_group_name(made.name, *name);
    read_policy(f, made);
    f.word("restart", made.type);
    const auto children = f.find("children");
    if (children)
      read_children(*children, made);
    const bool known = f.finish();
    if (known && !name)
      from.fail("needs 'group', its name");
    if (known && !children)
      from.fail("needs 'children'");
    return made;
  }

  void check_group_name(const std::string& name, const reader& at) {
    if (!check_name(name, at))
      return;
    if (services_.contains(name))
      at.fail("there is a service " + in_quotes(name) + "; a group needs a name of its own");
    else if (const auto [first, fresh] = groups_.emplace(name, at.at().line); !fresh)
      at.fail("there is a group " + in_quotes(name) + " on line " + std::to_string(first->second));
  }

  const defaults& inherited_;
  services_by_name services_;
  std::vector<std::string> names_;              // of services, in file order
  std::unordered_map<std::string, int> places_; // lines of services in the tree
  std::unordered_map<std::string, int> groups_; // lines
  intensities_by_group intensities_;
};

} // namespace

void read_tree(const std::optional<reader>& from, const std::vector<service_entry>& services,
               const defaults& inherited, daemon_spec& into) {
  tree_reader{services, inherited}.read(from, into);
}

} // namespace reeve::config
