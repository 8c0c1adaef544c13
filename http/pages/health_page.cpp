#include "http/pages/json_text.hpp"
#include "http/pages/pages.hpp"
#include "supervisor/facts/verdict.hpp"
#include "supervisor/text.hpp"

#include <utility>

namespace reeve::http {

namespace {

std::string_view why(health state, const std::string& reason) {
  if (reason.empty() && state == health::starting)
    return "waiting for the first verdict";
  return reason;
}

/// Writes the page service by service.
class writer {
public:
  explicit writer(health fail_on) : verdict_{fail_on} {
  }

  void add(const service_picture& service) {
    verdict_.add(service);
    const auto shown = shown_health(service);
    comma(services_).append(quote(service.name)).append(1, ':').append(quote(to_string(shown)));
    if (shown == health::healthy || !counts_in_verdict(service.supervision))
      return;
    bool explained = false;
    for (const auto& check : service.checks)
      if (check.health != health::healthy) {
        issue(service, check.name, check.health, check.reason, check.since);
        explained = explained || check.health == shown;
      }
    if (!explained) // an exit, a given-up restart: no check said it
      issue(service, {}, shown, service.reason, service.since);
  }

  int status() const {
    return verdict_.answer().http_code;
  }

  /// All but the timestamp and the closing brace.
  std::string text() const {
    std::string out;
    out.reserve(services_.size() + issues_.size() + 128);
    out.append("{\"status\":").append(quote(to_string(verdict_.answer().status)));
    out.append(",\"services\":{").append(services_);
    out.append("},\"issues\":[").append(issues_).append("],\"timestamp\":");
    return out;
  }

private:
  static std::string& comma(std::string& to) {
    if (!to.empty())
      to += ',';
    return to;
  }

  void issue(const service_picture& service, std::string_view check, health state,
             const std::string& reason, std::optional<wall_time> since) {
    auto& out = comma(issues_).append("{\"service\":").append(quote(service.name));
    if (!check.empty())
      out.append(",\"check\":").append(quote(check));
    out.append(",\"state\":").append(quote(to_string(state)));
    if (service.supervision != supervision::running)
      out.append(",\"supervision\":").append(quote(to_string(service.supervision)));
    out.append(",\"reason\":").append(quote(why(state, reason)));
    if (since && *since != wall_time{})
      out.append(",\"since\":").append(quote(rfc3339(*since)));
    out += '}';
  }

  verdict verdict_;
  std::string services_;
  std::string issues_;
};

std::string end_of_page() {
  const auto now =
    std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return quote(rfc3339(now)) + "}";
}

answer nothing_known() {
  answer a;
  a.status = 503;
  a.body = R"({"status":"starting","services":{},"issues":[],"timestamp":)" + end_of_page();
  return a;
}

} // namespace

answer health_page::show(const snapshot_ptr& now) {
  if (!now)
    return nothing_known();
  if (now != of_) {
    writer page{fail_on_};
    for (std::size_t i = 0; i < now->size(); ++i)
      page.add(now->at(i));
    status_ = page.status();
    text_ = std::make_shared<const std::string>(page.text());
    of_ = now;
  }
  answer a;
  a.status = status_;
  a.shared = text_;
  a.body = end_of_page();
  return a;
}

answer health_page::show(const snapshot_ptr& now, const std::vector<std::string>& services) const {
  if (!now)
    return nothing_known();
  writer page{fail_on_};
  for (const auto& name : services)
    if (const auto service = now->find(name))
      page.add(*service);
  answer a;
  a.status = page.status();
  a.body = page.text() + end_of_page();
  return a;
}

} // namespace reeve::http
