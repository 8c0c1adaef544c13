// Config files, and that everything which is accepted can be worked with.
#include "config/load.hpp"
#include "supervisor/tree/service_tree.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <map>

using namespace std::chrono_literals;
using namespace reeve;
using fuzz::require;

namespace {

std::optional<std::string> environment(const std::string& name) {
  return name == "HOME" ? std::optional<std::string>{"/root"} : std::nullopt;
}

void check(const config::problem& p) {
  require(p.file == "fuzz.yaml" && !p.what.empty(), "a problem is a sentence");
  require(fuzz::is_one_line(config::to_string(p)), "a problem is a line");
  require((p.line > 0) == (p.column > 0), "a position is a line and a column");
  require(p.line > 0 || p.path.empty(), "a place in the tree is a place in the file");
}

void check(const service_spec& s) {
  require(!s.name.empty(), "a service has a name");
  for (const auto& c : s.checks) {
    require(c.interval > 0ms && c.timeout > 0ms && c.timeout <= c.interval, "a check has time");
    require(c.unhealthy_after > 0 && c.healthy_after > 0, "verdicts count");
  }
}

void check(const daemon_spec& spec) {
  require(!spec.services.empty(), "there is a service");
  for (const auto& s : spec.services)
    check(s);
  service_tree tree{spec, mono_time{}};
  tree.boot(mono_time{});
  for (const auto& s : spec.services)
    require(tree.knows(s.name), "each service stands in the tree");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto loaded = config::load_text(fuzz::text_of(data, size), "fuzz.yaml", environment);
  if (const auto* problems = std::get_if<std::vector<config::problem>>(&loaded)) {
    require(!problems->empty(), "a refusal says why");
    for (const auto& p : *problems)
      check(p);
    return 0;
  }
  const auto& good = std::get<config::loaded>(loaded);
  for (const auto& w : good.warnings)
    check(w);
  check(good.spec);
  return 0;
}
