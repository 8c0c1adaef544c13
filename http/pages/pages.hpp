#pragma once

#include "http/front/answer.hpp"
#include "http/pages/hooks.hpp"
#include "supervisor/facts/snapshot.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::http {

/// `/health`, made once per snapshot, whoever asks how often.
class health_page {
public:
  explicit health_page(health fail_on) : fail_on_{fail_on} {
  }

  answer show(const snapshot_ptr& now);
  /// The same of these services only.
  answer show(const snapshot_ptr& now, const std::vector<std::string>& services) const;

private:
  health fail_on_;
  snapshot_ptr of_;
  int status_ = 503;
  std::shared_ptr<const std::string> text_; // all but the timestamp
};

/// `/api/v1/services`; only services that changed since are made anew.
class service_list_page {
public:
  answer show(const snapshot_ptr& now);

private:
  snapshot_ptr of_;
  std::vector<std::string> each_;
  std::shared_ptr<const std::string> text_;
};

/// `/api/v1/services/{name}`
std::string service_text(const service_picture& service);

/// /api/v1/services/{name}/decisions: what was decided about its restarts, oldest first.
std::string decisions_text(const service_picture& service);

/// `/api/v1/tree`
std::string tree_text(const tree_view& tree, const snapshot_ptr& now);

/// The services of a group and of the groups in it; none if there is no such group.
std::optional<std::vector<std::string>> members_of(std::string_view group, const hooks& from);
/// All groups' names, for "did you mean".
std::vector<std::string> group_names(const hooks& from);

} // namespace reeve::http
