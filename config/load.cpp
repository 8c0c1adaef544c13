#include "config/load.hpp"

#include "config/document.hpp"
#include "config/file.hpp"
#include "config/server.hpp"
#include "config/services.hpp"
#include "config/tree.hpp"

#include <cstdlib>

namespace reeve::config {
namespace {

daemon_spec read_daemon(const reader& root) {
  daemon_spec made;
  fields f{root};
  if (const auto at = f.find("server"))
    read_server(*at, made.server);
  if (const auto at = f.find("docker"))
    read_docker_engine(*at, made.docker);
  if (const auto at = f.find("metrics"))
    read_metrics(*at, made.metrics_prefix);
  const auto inherited = f.find("defaults");
  const auto services = f.find("services");
  const auto tree = f.find("tree");
  const bool known = f.finish();
  const auto all_defaults = inherited ? read_defaults(*inherited) : defaults{};
  if (services) {
    const auto entries = read_services(*services, all_defaults);
    check_dependencies(entries);
    read_tree(tree, entries, made);
    made.services.reserve(entries.size());
    for (const auto& e : entries)
      made.services.push_back(e.spec);
  } else if (known) {
    root.fail("needs 'services', and at least one service in it");
  }
  return made;
}

} // namespace

std::string to_string(const problem& p) {
  auto text = p.file;
  if (p.line > 0)
    text += ":" + std::to_string(p.line) + ":" + std::to_string(p.column);
  text += ": ";
  if (!p.path.empty())
    text += p.path + ": ";
  return text + p.what;
}

environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>{value} : std::nullopt;
  };
}

load_result load_text(std::string_view text, const std::string& file, const environment& env) {
  problem_list problems{file};
  const auto root = parse_document(text, problems, "empty; at least one service is needed");
  if (!root)
    return problems.problems();
  if (root->what != node::kind::map) {
    problems.add(root->at, "",
                 "must be a map with 'services', not "
                   + std::string{root->what == node::kind::list ? "a list" : "plain text"});
    return problems.problems();
  }
  reading shared{problems, env};
  auto spec = read_daemon(reader{*root, root->at, "", shared});
  if (problems.count() > 0)
    return problems.problems();
  return loaded{std::move(spec), problems.warnings()};
}

load_result load_file(const std::string& file, const environment& env) {
  const auto text = read_file(file);
  if (!text)
    return std::vector<problem>{{file, 0, 0, "", text.sentence()}};
  return load_text(*text, file, env);
}

} // namespace reeve::config
