#include "config/checks.hpp"

#include "config/address.hpp"
#include "config/duration.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace reeve::config {
namespace {

using namespace std::chrono_literals;

constexpr auto shortest_interval = 10ms;
constexpr int most_in_a_row = 1'000;

// Unpacks what a parser made, or complains.
template <class T, class Parse>
std::optional<T> parsed(const reader& at, Parse parse) {
  const auto text = at.text();
  if (!text)
    return {};
  auto made = parse(*text);
  if (made)
    return std::move(*made);
  at.fail_parsed(made.sentence());
  return {};
}

bool is_header_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7F
           && std::string_view{"()<>@,;:\\\"/[]?={}"}.find(static_cast<char>(c))
                == std::string_view::npos;
  });
}

void read_headers(const reader& from, std::map<std::string, std::string>& into) {
  for (const auto& [name, value] : from.entries()) {
    if (!is_header_name(name))
      value.fail(in_quotes(name) + " is no name of a header");
    const auto text = value.text(reader::empty::allowed);
    if (text && text->find_first_of("\r\n") != text->npos)
      value.fail("a header is one line");
    if (text)
      into[name] = *text;
  }
}

void read_tls(const reader& from, http_check& into) {
  fields f{from};
  f.flag("verify", into.tls.verify);
  f.text("ca_file", into.tls.ca_file);
  f.text("certificate_file", into.tls.certificate_file);
  const auto key = f.text("key_file", into.tls.key_file);
  if (key && into.tls.certificate_file.empty())
    key->fail("a key needs its certificate; add 'certificate_file'");
  f.finish();
  if (scheme_of(into.url) == "http" && into.max_redirects == 0)
    from.warn("has no effect on an http:// URL");
}

void read_method(const reader& from, std::string& into) {
  const auto method = from.text();
  if (!method)
    return;
  if (method->find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == method->npos)
    into = *method;
  else
    from.fail(from.quoted_text() + " is no HTTP method; they are written like GET");
}

void read_http(const reader& at, fields& f, check_spec& into) {
  http_check made;
  if (auto url = parsed<std::string>(at, parse_http_url))
    made.url = *url;
  if (const auto method = f.find("method"))
    read_method(*method, made.method);
  if (const auto headers = f.find("headers"))
    read_headers(*headers, made.headers);
  f.text("body", made.body);
  f.whole("redirects", made.max_redirects, 0, 50);
  if (const auto tls = f.find("tls"))
    read_tls(*tls, made);
  into.target = made;
  into.expect.status = {status_range{}};
}

void read_tcp(const reader& at, fields&, check_spec& into) {
  tcp_check made;
  if (auto address = parsed<host_port>(at, parse_tcp_url))
    made = {address->host, address->port};
  into.target = made;
}

void read_docker(const reader& at, fields&, check_spec& into) {
  into.target = docker_check{parsed<std::string>(at, parse_container).value_or("")};
}

void read_exec(const reader& at, fields&, check_spec& into) {
  exec_check made;
  if (!at.is_map()) {
    made.command = at.command();
  } else {
    fields f{at};
    if (const auto command = f.find("command"))
      made.command = command->command();
    else
      at.fail("needs 'command'");
    f.finish();
  }
  into.target = made;
}

void read_heartbeat(const reader& at, fields&, check_spec& into) {
  heartbeat_check made;
  if (!at.is_map()) {
    at.fail_type("a map: {file: ..., degraded: 60s, unhealthy: 120s}");
  } else {
    fields f{at};
    if (!f.text("file", made.file))
      at.fail("needs 'file'");
    read_limits(f, into.expect.age, true);
    f.finish();
  }
  into.target = made;
}

struct kind {
  std::string_view name;
  void (*read)(const reader& value, fields& check, check_spec& into); ///< null: not yet
  bool short_form = false;                                            ///< a URL alone will do
};

constexpr std::array kinds{
  kind{"http", read_http, true},
  kind{"tcp", read_tcp, true},
  kind{"docker", read_docker, true},
  kind{"exec", read_exec},
  kind{"heartbeat", read_heartbeat},
  kind{"postgres", nullptr, true},
  kind{"redis", nullptr, true},
  kind{"dns", nullptr},
  kind{"icmp", nullptr},
  kind{"json", nullptr},
  kind{"push", nullptr},
};

constexpr std::array<std::string_view, 5> http_options{"method", "headers", "body", "redirects",
                                                       "tls"};

const char* const kind_needed =
  "names no kind of check; add one of http, tcp, docker, exec or heartbeat";

bool available(const kind& k, const reader& at) {
  if (!k.read)
    at.fail(std::string{k.name} + " checks are not available in this version");
  return k.read != nullptr;
}

void read_short(const reader& at, check_spec& into) {
  const auto text = at.text();
  if (!text)
    return;
  auto scheme = scheme_of(*text);
  if (scheme == "https")
    scheme = "http";
  const auto k = std::find_if(kinds.begin(), kinds.end(), [&](const kind& each) {
    return each.short_form && each.name == scheme;
  });
  if (k == kinds.end()) {
    at.fail(at.quoted_text()
            + " is no URL of a check; write http://, https://, "
              "tcp://host:port or docker://NAME, or a map such as {exec: [program, argument]}");
    return;
  }
  node no_options;
  no_options.what = node::kind::map;
  fields none{reader{no_options, at.at(), at.path(), at.shared()}};
  if (available(*k, at))
    k->read(at, none, into);
}

void refuse_http_options(fields& f, std::string_view kind) {
  for (const auto option : http_options)
    if (const auto at = f.find(option); at && !kind.empty() && kind != "http")
      at->fail("is for http checks; this is a " + std::string{kind} + " check");
}

void warn_of_thresholds(fields& f, const check_spec& check) {
  const auto at = f.find("healthy_after");
  if (at && check.healthy_after > 1 && tells_facts(check.target))
    at->warn("has no effect: what a " + std::string{kind_of(check.target)}
             + " check tells is a fact, and counts at once");
}

void read_role(fields& f, check_spec& into) {
  f.word<role>("role", into.role, {{"liveness", role::liveness}, {"readiness", role::readiness}});
}

void read_kind(fields& f, const kind& k, const reader& at, check_spec& into) {
  if (!available(k, at)) {
    f.find("expect");
    refuse_http_options(f, "");
    return;
  }
  k.read(at, f, into);
  refuse_http_options(f, k.name);
  if (const auto expect = f.find("expect"))
    read_expectation(*expect, k.name, into);
  warn_of_thresholds(f, into);
}

void read_long(const reader& from, check_spec& into) {
  fields f{from};
  read_timing(f, into);
  read_role(f, into);
  const kind* chosen = nullptr;
  std::optional<reader> value;
  bool one = true;
  for (const auto& k : kinds) {
    const auto at = f.find(k.name);
    if (at && chosen) {
      at->fail("'" + std::string{chosen->name} + "' and '" + std::string{k.name}
               + "' in one check; a check has one kind, and a service may have several 'checks'");
      one = false;
    } else if (at) {
      chosen = &k;
      value = at;
    }
  }
  if (chosen && one)
    read_kind(f, *chosen, *value, into);
  else
    refuse_http_options(f, ""), f.find("expect");
  if (f.finish() && !chosen)
    from.fail(kind_needed);
}

check_spec read_check(const reader& from, const check_spec& defaults) {
  auto made = defaults;
  if (from.is_map())
    read_long(from, made);
  else if (from.is_scalar())
    read_short(from, made);
  else
    from.fail_type("a URL or a map");
  made.timeout = std::min(made.timeout, made.interval); // an inherited one is shortened
  return made;
}

void name_checks(std::vector<check_spec>& checks) {
  std::map<std::string_view, int> seen;
  for (auto& check : checks) {
    const auto kind = kind_of(check.target);
    const auto n = ++seen[kind];
    check.name = std::string{kind} + (n > 1 ? "-" + std::to_string(n) : "");
  }
}

} // namespace

void read_timing(fields& from, check_spec& into) {
  const auto problems = from.self().shared().problems.count();
  from.duration("interval", into.interval, shortest_interval);
  const auto timeout = from.duration("timeout", into.timeout, 1ms);
  from.whole("unhealthy_after", into.unhealthy_after, 1, most_in_a_row);
  from.whole("healthy_after", into.healthy_after, 1, most_in_a_row);
  from.duration("start_period", into.start_period, 0ms);
  const bool clean = problems == from.self().shared().problems.count();
  if (clean && timeout && into.timeout > into.interval)
    timeout->fail("longer than the interval: " + format_duration(into.timeout) + " over "
                  + format_duration(into.interval));
}

std::vector<check_spec> read_single_check(const reader& from, const check_spec& defaults) {
  std::vector<check_spec> checks;
  if (from.is_list())
    from.fail("is for one check; name it 'checks' for a list of them");
  else
    checks.push_back(read_check(from, defaults));
  name_checks(checks);
  return checks;
}

std::vector<check_spec> read_checks(const reader& from, const check_spec& defaults) {
  std::vector<check_spec> checks;
  for (const auto& item : from.items("a list of checks (a single one is named 'check')"))
    checks.push_back(read_check(item, defaults));
  name_checks(checks);
  return checks;
}

} // namespace reeve::config
