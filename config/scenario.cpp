#include "config/scenario.hpp"

#include "config/document.hpp"
#include "config/duration.hpp"
#include "config/file.hpp"
#include "config/reader.hpp"
#include "config/shown_text.hpp"

#include <algorithm>

namespace reeve::config {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

class scenario_reader {
public:
  explicit scenario_reader(const daemon_spec& spec) {
    for (const auto& s : spec.services)
      names_.push_back(s.name);
  }

  scenario read(const reader& from) {
    fields f{from};
    f.duration("duration", made_.duration, 1ms);
    if (const auto failures = f.find("failures"))
      for (const auto& item : failures->items("a list of failures", reader::empty::allowed))
        read_failure(item);
    if (const auto random = f.find("random"))
      for (const auto& item : random->items("a list of random failures", reader::empty::allowed))
        read_random(item);
    if (const auto start_time = f.find("start_time"))
      read_start_times(*start_time);
    f.finish();
    return std::move(made_);
  }

private:
  void read_failure(const reader& from) {
    scripted_failure failure;
    fields f{from};
    const auto at = f.find("at");
    if (at)
      read_time(*at, failure.at);
    const bool has_service = read_service(f, failure.service);
    const auto exit = f.word<bool>("exit", failure.clean, {{"crash", false}, {"normal", true}});
    const auto down_for = f.duration("down_for", failure.down_for, 1ms);
    finish(f, has_service, at.has_value(), "'at', when it happens");
    if (exit && down_for)
      down_for->fail("'exit' and 'down_for' in one failure; 'exit' is over after a restart");
    if (at && failure.at > made_.duration)
      at->warn("is never played: it ends after " + format_duration(made_.duration));
    made_.failures.push_back(std::move(failure));
  }

  void read_random(const reader& from) {
    random_failures random;
    fields f{from};
    const bool has_service = read_service(f, random.service);
    const auto mtbf = f.duration("mtbf", random.mtbf, 1ms);
    if (const auto outage = f.find("outage"))
      read_time(*outage, random.outage);
    finish(f, has_service, mtbf.has_value(), "'mtbf', the mean time between failures");
    made_.random.push_back(std::move(random));
  }

  void read_start_times(const reader& from) {
    for (const auto& [name, at] : from.entries()) {
      if (is_extension(name))
        continue;
      if (!is_service(name))
        complain(at, name);
      read_time(at, made_.start_time[name]);
    }
  }

  static void read_time(const reader& from, milliseconds& into) {
    into = from.is_zero() ? 0ms : from.duration(0ms).value_or(0ms);
  }

  bool read_service(fields& f, std::string& into) const {
    const auto at = f.text("service", into);
    if (at && !into.empty() && !is_service(into))
      complain(*at, into);
    return at.has_value();
  }

  /// Complains of keys that are not known, or else of those that are missing.
  static void finish(fields& f, bool has_service, bool has_time, const std::string& time) {
    if (!f.finish() || !f.self().is_map())
      return;
    if (!has_service)
      f.self().fail("needs 'service', to which it happens");
    if (!has_time)
      f.self().fail("needs " + time);
  }

  bool is_service(const std::string& name) const {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
  }

  void complain(const reader& at, const std::string& name) const {
    at.fail("no service " + in_quotes(name) + " in the config"
            + at.shared().problems.suggestion(name, names_));
  }

  std::vector<std::string> names_; // in file order
  scenario made_;
};

} // namespace

scenario_result load_scenario_text(std::string_view text, const std::string& file,
                                   const daemon_spec& spec, const environment& env) {
  problem_list problems{file};
  const auto root = parse_document(text, problems, "empty; a scenario has 'failures' or 'random'");
  if (!root)
    return problems.problems();
  reading shared{problems, env};
  auto made = scenario_reader{spec}.read(reader{*root, root->at, "", shared});
  if (problems.count() > 0)
    return problems.problems();
  return loaded_scenario{std::move(made), problems.warnings()};
}

scenario_result load_scenario_file(const std::string& file, const daemon_spec& spec,
                                   const environment& env) {
  const auto text = read_file(file);
  if (!text)
    return std::vector<problem>{{file, 0, 0, "", text.sentence()}};
  return load_scenario_text(*text, file, spec, env);
}

} // namespace reeve::config
