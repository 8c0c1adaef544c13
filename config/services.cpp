#include "config/services.hpp"

#include "config/checks.hpp"
#include "config/restart.hpp"
#include "config/shown_text.hpp"

#include <algorithm>
#include <unordered_set>

namespace reeve::config {
namespace {

constexpr std::size_t longest_name = 128;

bool alphanumeric(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool of_a_name(char c) {
  return alphanumeric(c) || c == '.' || c == '_' || c == '-';
}

void read_labels(const reader& from, std::map<std::string, std::string>& into) {
  for (const auto& [name, value] : from.entries()) {
    if (name.empty() || !std::all_of(name.begin(), name.end(), of_a_name))
      value.fail(in_quotes(name)
                 + " is no name of a label; it is made of letters, digits, '.', '_' and '-'");
    if (auto text = value.text(reader::empty::allowed))
      into[name] = std::move(*text);
  }
}

void read_depends_on(const reader& from, service_entry& into) {
  std::unordered_set<std::string> seen;
  for (const auto& item : from.items("a list of services such as [db, cache]")) {
    auto name = item.text();
    if (!name)
      continue;
    if (!seen.insert(*name).second) {
      item.fail(in_quotes(*name) + " stands here twice");
      continue;
    }
    into.spec.depends_on.push_back(std::move(*name));
    into.depends_on.push_back(item);
  }
}

std::vector<check_spec> read_all_checks(fields& f, const check_spec& inherited) {
  const auto single = f.find("check");
  const auto list = f.find("checks");
  if (single && list)
    list->fail("'check' and 'checks' in one service; put all of them into 'checks'");
  if (list)
    return read_checks(*list, inherited);
  if (single)
    return read_single_check(*single, inherited);
  return {};
}

service_entry read_service(const std::string& name, const reader& from, const defaults& inherited) {
  service_entry made{{}, from, {}};
  made.spec.name = name;
  made.spec.restart = inherited.restart;
  fields f{from};
  f.text("description", made.spec.description);
  if (const auto labels = f.find("labels"))
    read_labels(*labels, made.spec.labels);
  if (const auto depends_on = f.find("depends_on"))
    read_depends_on(*depends_on, made);
  made.spec.checks = read_all_checks(f, inherited.check);
  const auto process = f.find("process");
  const auto restart = f.find("restart");
  read_restart(process, restart, made.spec.restart);
  const bool asked = f.find("check") || f.find("checks") || process
                     || !std::holds_alternative<std::monostate>(made.spec.restart.target);
  if (f.finish() && from.is_map() && !asked)
    from.fail(
      "nothing to watch and nothing to restart; add 'check', 'process' or a 'restart' target");
  return made;
}

} // namespace

bool check_name(const std::string& name, const reader& at) {
  if (name == "root") {
    at.fail("the name 'root' is taken by the root of the tree");
    return false;
  }
  const bool fits = name.size() <= longest_name
                    && std::any_of(name.begin(), name.end(), alphanumeric)
                    && std::all_of(name.begin(), name.end(), of_a_name);
  if (!fits)
    at.fail(
      in_quotes(name)
      + " is no name; names are made of letters, digits, '.', '_' and '-', at most 128 of them");
  return fits;
}

defaults read_defaults(const reader& from) {
  defaults made;
  fields f{from};
  if (const auto check = f.find("check")) {
    fields timing{*check};
    read_timing(timing, made.check);
    timing.finish();
  }
  if (const auto restart = f.find("restart")) {
    fields options{*restart};
    read_restart_options(options, made.restart);
    made.intensity = options.find("intensity");
    options.finish();
  }
  f.finish();
  return made;
}

std::vector<service_entry> read_services(const reader& from, const defaults& inherited) {
  std::vector<service_entry> all;
  if (!from.is_map()) {
    from.fail_type("a map of services such as {web: {check: http://localhost:8080/health}}");
    return all;
  }
  for (const auto& [name, at] : from.entries()) {
    if (is_extension(name))
      continue;
    check_name(name, at);
    all.push_back(read_service(name, at, inherited));
  }
  if (all.empty())
    from.fail("at least one service is needed");
  return all;
}

} // namespace reeve::config
