#include "actors/publisher.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace reeve::actors {

void publisher::subscribe(std::string name, std::shared_ptr<journal> unread, filter wanted) {
  subscriptions_.push_back({std::move(name), std::move(unread), std::move(wanted), {}});
}

void publisher::moved_to(std::string_view name, listener handle) {
  auto found = std::find_if(subscriptions_.begin(), subscriptions_.end(),
                            [&](const subscription& s) { return s.name == name; });
  if (found != subscriptions_.end())
    found->handle = std::move(handle);
}

void publisher::publish(fact f) {
  const auto what = std::make_shared<const fact>(std::move(f));
  for (auto& s : subscriptions_) {
    if (!s.wanted(*what))
      continue;
    if (s.unread->add(what) && s.handle)
      caf::anon_send(s.handle, facts_wait{});
  }
}

fact_origin publisher::next_origin(const std::string& service, std::uint32_t incarnation,
                                   instant at) {
  return {service, incarnation, ++sequence_, at};
}

} // namespace reeve::actors
