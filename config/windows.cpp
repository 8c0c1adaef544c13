#include "config/windows.hpp"

#include "config/reachable.hpp"
#include "config/shown_text.hpp"
#include "supervisor/restarts/restart_policy.hpp"

#include <algorithm>

namespace reeve::config {
namespace {

/// An option of `restart`, where the service itself says it; it stands with the first remedy.
std::optional<reader> written(const service_entry& service, std::string_view option) {
  auto restart = fields{service.at}.find("restart");
  if (restart && restart->is_list()) {
    const auto remedies = restart->items("a list of remedies");
    restart = remedies.empty() ? std::nullopt : std::optional{remedies.front()};
  }
  return restart && restart->is_map() ? fields{*restart}.find(option) : std::nullopt;
}

std::string why_shared(const group_spec& group) {
  const auto all = "in group " + in_quotes(group.name) + " all members are counted together, ";
  if (group.intensity_is_written)
    return all + "because it has an 'intensity' of its own";
  return all + "because its strategy is " + std::string{to_string(group.strategy)}
         + "; write 'intensity' there";
}

class window_critic {
public:
  window_critic(const services_by_name& services, const intensities_by_group& intensities,
                const defaults& inherited)
      : services_{services}, intensities_{intensities}, inherited_{inherited} {
  }

  void look_at(const group_spec& root) {
    look_at_group(root);
    if (!inherited_.intensity || inherited_is_used_)
      return;
    inherited_.intensity->warn("has no effect: every service and every group has another");
  }

private:
  void look_at_group(const group_spec& group) {
    const bool is_shared = shares_window(group);
    std::vector<const service_spec*> members;
    bool has_groups = false;
    bool has_escalating = false;
    for (const auto& child : group.children) {
      if (const auto* inner = std::get_if<group_spec>(&child)) {
        has_groups = true;
        has_escalating = has_escalating || inner->on_exhausted == on_exhausted::escalate;
        look_at_group(*inner);
        continue;
      }
      const auto& service = *services_.at(std::get<std::string>(child));
      members.push_back(&service.spec);
      look_at_service(group, service, is_shared);
    }
    inherited_is_used_ = inherited_is_used_ || !group.intensity_is_written;
    const auto at = intensities_.find(group.name);
    if (at != intensities_.end())
      look_at_shared(group.intensity, at->second, members, has_groups, has_escalating);
  }

  static void look_at_shared(const intensity& limit, const reader& at,
                             const std::vector<const service_spec*>& members, bool has_groups,
                             bool has_escalating) {
    if (has_escalating)
      return; // nobody knows how fast a group is exhausted
    auto why = never_exhausted(limit, members);
    if (why && has_groups && members.empty())
      *why += "; groups do not inherit it, write it at each";
    if (!why && !has_groups)
      why = never_exhausted_by_hanging(limit, members);
    if (why)
      at.warn(*why);
  }

  void look_at_service(const group_spec& group, const service_entry& service, bool is_shared) {
    const auto own = written(service, "intensity");
    inherited_is_used_ = inherited_is_used_ || (!own && !is_shared);
    warn_of_ladder(group, service);
    if (is_shared && own)
      own->warn("has no effect: " + why_shared(group));
    if (is_shared || !restarts_by_itself(service.spec.restart))
      return;
    const auto& limit = service.spec.restart.intensity;
    const auto by_crashing = never_exhausted(limit, {&service.spec});
    const auto why = by_crashing ? by_crashing : never_exhausted_by_hanging(limit, {&service.spec});
    if (!why)
      return;
    if (own)
      own->warn(*why);
    else if (inherited_.intensity)
      warn_of_inherited(service.spec.name, *why);
    else if (const auto slow = written(service, "stop_timeout"); slow && !by_crashing)
      slow->warn("with it the intensity " + *why);
  }

  void warn_of_inherited(const std::string& service, const std::string& why) {
    if (!std::exchange(told_of_inherited_, true))
      inherited_.intensity->warn("for " + in_quotes(service) + ": " + why);
  }

  static void warn_of_ladder(const group_spec& group, const service_entry& service) {
    const auto untried = never_tried(group, service.spec);
    if (!untried)
      return;
    const auto ladder = fields{service.at}.find("restart");
    ladder->items("a list of remedies")[untried->index + 1].warn(untried->why);
  }

  const services_by_name& services_;
  const intensities_by_group& intensities_;
  const defaults& inherited_;
  bool inherited_is_used_ = false;
  bool told_of_inherited_ = false; // once is enough
};

} // namespace

void warn_of_windows(const group_spec& root, const services_by_name& services,
                     const intensities_by_group& intensities, const defaults& inherited) {
  if (services.empty() || services.begin()->second->at.shared().problems.count() > 0)
    return;
  window_critic{services, intensities, inherited}.look_at(root);
}

} // namespace reeve::config
