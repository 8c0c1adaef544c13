#include "config/load.hpp"

#include "config/document.hpp"
#include "config/file.hpp"
#include "config/server.hpp"
#include "config/services.hpp"
#include "config/tree.hpp"

#include <algorithm>
#include <cstdlib>

namespace reeve::config {
namespace {

// What `file` says of listening is not clear if these keys stand there twice.
bool is_about_listening(const problem& p) {
  return p.path == "server" || p.path == "server.listen";
}

struct sections {
  std::optional<reader> server, docker, metrics, defaults, services, tree;
  bool known; // there are no others
};

sections sections_of(const reader& root) {
  fields f{root};
  return {f.find("server"),   f.find("docker"), f.find("metrics"), f.find("defaults"),
          f.find("services"), f.find("tree"),   f.finish()};
}

daemon_spec read_daemon(const reader& root) {
  daemon_spec made;
  const auto written = sections_of(root);
  if (written.server)
    read_server(*written.server, made.server);
  if (written.docker)
    read_docker_engine(*written.docker, made.docker);
  if (written.metrics)
    read_metrics(*written.metrics, made.metrics_prefix);
  const auto inherited = written.defaults ? read_defaults(*written.defaults) : defaults{};
  if (written.services) {
    const auto entries = read_services(*written.services, inherited);
    check_dependencies(entries);
    read_tree(written.tree, entries, inherited, made);
    made.services.reserve(entries.size());
    for (const auto& e : entries)
      made.services.push_back(e.spec);
    warn_of_start_order(entries, made.tree);
  } else if (written.known) {
    root.fail("needs 'services', and at least one service in it");
  }
  return made;
}

void read_listening(const reader& root, server_spec& into) {
  fields f{root};
  if (const auto server = f.find("server"))
    read_listen(*server, into);
  else
    sections_of(root); // complains of unknown ones, one of which may have been meant
}

void read_tokens_place(const reader& root, server_spec& into) {
  fields f{root};
  if (const auto server = f.find("server"))
    read_token_file(*server, into);
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

listen_result load_listen(const std::string& file, const environment& env) {
  const auto text = read_file(file);
  if (!text)
    return problem{file, 0, 0, "", text.sentence()};
  problem_list elsewhere{file};
  const auto root = parse_document(*text, elsewhere, "empty; at least one service is needed");
  const auto parsing = elsewhere.problems();
  const auto found = std::find_if(parsing.begin(), parsing.end(), is_about_listening);
  if (!root || found != parsing.end())
    return root ? *found : parsing.front();
  problem_list problems{file};
  reading shared{problems, env};
  server_spec made;
  read_listening(reader{*root, root->at, "", shared}, made);
  if (problems.count() > 0)
    return problems.problems().front();
  problem_list ignored{file};
  reading lenient{ignored, env};
  read_tokens_place(reader{*root, root->at, "", lenient}, made);
  return made;
}

load_result load_file(const std::string& file, const environment& env) {
  const auto text = read_file(file);
  if (!text)
    return std::vector<problem>{{file, 0, 0, "", text.sentence()}};
  return load_text(*text, file, env);
}

} // namespace reeve::config
