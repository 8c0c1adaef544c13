#include "config/scenario.hpp"
#include "tests/config/fixture.hpp"

#include <fstream>
#include <iterator>
#include <regex>
#include <set>

// Whoever misspells a key is told, wherever it stands: nothing is ignored in silence.

namespace reeve::config {
namespace {

/// Where a key may be misspelt (`@` stands for it), and the path that is complained of.
struct place {
  std::string text;
  std::string path;
};

std::string service(const std::string& content) {
  return "services: {a: {" + content + "}}";
}

std::string checked(const std::string& kind, const std::string& more = "") {
  return service("check: {" + kind + more + "}");
}

std::string tree(const std::string& content) {
  return "services: {a: {check: tcp://a:1}}\ntree: {" + content + "}";
}

std::vector<place> places() {
  const std::string web = "check: tcp://a:1";
  const std::string http = "http: http://a/, ";
  return {
    {"services: {a: {check: tcp://a:1}}\n@", ""},
    {service(web) + "\nserver: {@}", "server."},
    {service(web) + "\nserver: {health: {@}}", "server.health."},
    {service(web) + "\ndocker: {@}", "docker."},
    {service(web) + "\nmetrics: {@}", "metrics."},
    {service(web) + "\ndefaults: {@}", "defaults."},
    {service(web) + "\ndefaults: {check: {@}}", "defaults.check."},
    {service(web) + "\ndefaults: {restart: {@}}", "defaults.restart."},
    {service(web) + "\ndefaults: {restart: {backoff: {@}}}", "defaults.restart.backoff."},
    {service(web + ", @"), "services.a."},
    {service("process: {command: [a], @}"), "services.a.process."},
    {service(web + ", restart: {docker: a, @}"), "services.a.restart."},
    {service(web + ", restart: {docker: a, backoff: {@}}"), "services.a.restart.backoff."},
    {service(web + ", restart: {exec: {restart: [a], @}}"), "services.a.restart.exec."},
    {service(web + ", restart: [{docker: a, attempts: 1, @}, {exec: [b]}]"),
     "services.a.restart[0]."},
    {service(web + ", restart: [{docker: a}, {exec: [b], @}]"), "services.a.restart[1]."},
    {checked("tcp: tcp://a:1, @"), "services.a.check."},
    {service("checks: [{tcp: tcp://a:1, @}]"), "services.a.checks[0]."},
    {checked(http, "expect: {@}"), "services.a.check.expect."},
    {checked(http, "expect: {latency: {degraded: 1s, @}}"), "services.a.check.expect.latency."},
    {checked(http, "expect: {body: {contains: a, @}}"), "services.a.check.expect.body."},
    {checked("http: https://a/, ", "expect: {certificate: {degraded: 1d, @}}"),
     "services.a.check.expect.certificate."},
    {checked("http: https://a/, ", "tls: {@}"), "services.a.check.tls."},
    {checked("tcp: tcp://a:1, ", "tls: {@}"), "services.a.check.tls."},
    {checked("tcp: tcp://a:1, ", "send: a, expect: {body: {contains: a, @}}"),
     "services.a.check.expect.body."},
    {checked("exec: {command: [a], @}"), "services.a.check.exec."},
    {checked("exec: [a], ", "expect: {@}"), "services.a.check.expect."},
    {checked("heartbeat: {file: /a, unhealthy: 1s, @}"), "services.a.check.heartbeat."},
    {checked("json: {file: /a, @}"), "services.a.check.json."},
    {checked("push: {token: 0123456789abcdef, period: 1h, @}"), "services.a.check.push."},
    {checked("docker: a, @"), "services.a.check."},
    {checked("postgres: postgres://a/b, @"), "services.a.check."},
    {checked("postgres: postgres://a/b, ", "expect: {@}"), "services.a.check.expect."},
    {checked("redis: redis://a, @"), "services.a.check."},
    {checked("dns: a.example, @"), "services.a.check."},
    {checked("dns: a.example, ", "expect: {@}"), "services.a.check.expect."},
    {checked("icmp: a, @"), "services.a.check."},
    {checked("icmp: a, ", "expect: {@}"), "services.a.check.expect."},
    {tree("@"), "tree."},
    {tree("intensity: {restarts: 1, within: 1m, @}"), "tree.intensity."},
    {tree("budget: {concurrent: 1, @}"), "tree.budget."},
    {tree("hold: {cpu: 1, @}"), "tree.hold."},
    {tree("children: [{group: g, children: [a], @}]"), "tree.children[0]."},
    {tree("children: [{group: g, children: [a], intensity: {restarts: 1, within: 1m, @}}]"),
     "tree.children[0].intensity."},
  };
}

TEST(a_misspelt_key, is_told_in_every_section) {
  for (const auto& [text, path] : places()) {
    SCOPED_TRACE(text);
    const auto at = text.find('@');
    const auto with = [&](const std::string& key) {
      return problems_of(std::string{text}.replace(at, 1, key));
    };
    const auto said = with("misspelt: 1");
    EXPECT_NE(said.find(": " + path + "misspelt: unknown key"), std::string::npos) << said;
    EXPECT_EQ(with("x-note: 1").find("x-note"), std::string::npos) << "a note is none";
  }
}

TEST(a_misspelt_key, is_told_in_every_section_of_a_scenario) {
  daemon_spec one;
  one.services.emplace_back().name = "a";
  for (const auto& [text, path] :
       std::vector<place>{{"{failures: [{at: 1s, service: a}], misspelt: 1}", ""},
                          {"failures: [{at: 1s, service: a, misspelt: 1}]", "failures[0]."},
                          {"random: [{service: a, mtbf: 1h, misspelt: 1}]", "random[0]."}}) {
    const auto result = load_scenario_text(text, "s.yaml", one, environment_of({}));
    const auto* problems = std::get_if<std::vector<problem>>(&result);
    ASSERT_TRUE(problems) << text;
    EXPECT_NE(lines(*problems).find(": " + path + "misspelt: unknown key"), std::string::npos)
      << lines(*problems);
  }
}

/// Keys that are whatever a person wants, in the file that has every key there is.
const std::set<std::string> free_keys{"postgres",
                                      "backend",
                                      "mailer",
                                      "cron",
                                      "queue",
                                      "stores",
                                      "team",
                                      "Accept",
                                      "Empty",
                                      "LANG",
                                      "EMPTY",
                                      "status",
                                      "up",
                                      "location",
                                      "json",
                                      "role",
                                      "used_memory",
                                      "consecutive_failures",
                                      "checks.db.lag",
                                      "ignored",
                                      "often",
                                      "x-server",
                                      "http",
                                      "content-type"};

TEST(a_misspelt_key, is_told_whichever_of_all_it_is) {
  std::ifstream in{folder / "every_key.yaml"};
  const std::string whole{std::istreambuf_iterator<char>{in}, {}};
  const std::regex key{R"re((^|[\s{,])([a-z][A-Za-z0-9_.-]*):(?=[\s]))re"};
  std::size_t told = 0;
  for (std::sregex_iterator at{whole.begin(), whole.end(), key}, end; at != end; ++at) {
    const auto name = (*at)[2].str();
    const auto line_begin = whole.rfind('\n', static_cast<std::size_t>(at->position(2))) + 1;
    if (name.starts_with("x-") || whole[line_begin] == '#')
      continue;
    auto misspelt = whole;
    misspelt.insert(static_cast<std::size_t>(at->position(2)) + name.size(), "qq");
    const auto said = problems_of(misspelt);
    const bool is_told = said.find(name + "qq") != std::string::npos;
    told += is_told ? 1 : 0;
    EXPECT_TRUE(is_told || free_keys.contains(name))
      << name << " in: " << whole.substr(line_begin, whole.find('\n', line_begin) - line_begin);
  }
  EXPECT_GT(told, 100U);
}

} // namespace
} // namespace reeve::config
