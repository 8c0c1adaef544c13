#include "io/checks/postgres_check.hpp"

#include "io/checks/postgres_session.hpp"
#include "io/checks/session_check.hpp"
#include "io/names/name_files.hpp"
#include "io/net/client_socket.hpp"

#include <libpq-fe.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>

namespace reeve::io {

namespace {

using parameters = postgres_parameters;

/// Takes `from` over; null yields none.
std::optional<parameters> taken_from(PQconninfoOption* from) {
  if (from == nullptr)
    return std::nullopt;
  parameters all;
  for (const auto* o = from; o->keyword != nullptr; ++o)
    if (o->val != nullptr)
      all.emplace(o->keyword, o->val);
  PQconninfoFree(from);
  return all;
}

/// What libpq takes from the environment, of what we must know before it does.
void add_default_place(parameters& to) {
  const auto defaults = taken_from(PQconndefaults()).value_or(parameters{});
  for (const auto* word : {"host", "hostaddr", "port"})
    if (const auto found = defaults.find(word); found != defaults.end())
      to.insert(*found);
}

std::string in_digits(const sockaddr_storage& address) {
  std::array<char, NI_MAXHOST> text{};
  const auto size = address.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  getnameinfo(reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size),
              text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  return text.data();
}

/// What is connected to, as libpq would choose it; empty: a unix socket.
std::string host_of(const parameters& p) {
  if (const auto found = p.find("hostaddr"); found != p.end() && !found->second.empty())
    return found->second;
  const auto found = p.find("host");
  const bool named = found != p.end() && !found->second.empty();
  return named && found->second[0] != '/' && found->second[0] != '@' ? found->second : "";
}

/// Why no run can ask; empty: it can.
std::string find_place(parameters& p, session_plan& plan) {
  if (p.contains("service"))
    return "the URL names a 'service', which is not supported: name the host";
  add_default_place(p);
  for (const auto* word : {"host", "hostaddr", "port"})
    if (p[word].find(',') != std::string::npos)
      return "the URL names several hosts: give each a check of its own";
  const auto& port = p["port"];
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), plan.port);
  if (!port.empty() && (parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size()))
    return "the URL's port is not a number";
  plan.host = host_of(p);
  if (!p["hostaddr"].empty() && !literal_address(plan.host, plan.port))
    return "the URL's hostaddr is not an address in digits";
  return {};
}

/// What we would have otherwise than libpq, where the URL does not say.
void add_preferences(parameters& p) {
  p.try_emplace("gssencmode", "disable");
  p.try_emplace("fallback_application_name", "reeve");
  p.try_emplace("keepalives_idle", std::to_string(keepalive_after.count()));
}

} // namespace

std::vector<std::string> files_of(const postgres_check& check) {
  auto p = taken_from(PQconninfoParse(check.url.c_str(), nullptr)).value_or(parameters{});
  p.merge(taken_from(PQconndefaults()).value_or(parameters{}));
  std::vector<std::string> files;
  for (const auto* word : {"sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile"})
    if (const auto found = p.find(word); found != p.end() && !found->second.empty())
      files.push_back(found->second);
  if (p["host"].starts_with('/'))
    files.push_back(p["host"] + "/.s.PGSQL." + p["port"]);
  if (const auto* home = std::getenv("HOME"))
    files.push_back(home + std::string{"/.pgpass"});
  return files;
}

std::unique_ptr<check> make_postgres_check(loop& l, resolver& names, const check_spec& spec) {
  const auto& what = std::get<postgres_check>(spec.target);
  session_plan plan;
  plan.timeout = spec.timeout;
  plan.connection = what.connection;
  plan.password_file = what.password_file;
  auto p = taken_from(PQconninfoParse(what.url.c_str(), nullptr));
  if (!p) { // libpq's words may hold the password
    plan.unusable = "the URL is not one that PostgreSQL's libpq understands";
    return make_session_check(l, names, std::move(plan));
  }
  plan.unusable = find_place(*p, plan);
  add_preferences(*p);
  plan.open = [&l, query = what.query, p = *p, fields = spec.expect.fields](
                const sockaddr_storage* where, const std::string& password) {
    auto own = p;
    if (where != nullptr)
      own["hostaddr"] = in_digits(*where);
    if (!password.empty())
      own["password"] = password;
    return make_postgres_session(l, query, fields, std::move(own));
  };
  return make_session_check(l, names, std::move(plan));
}

} // namespace reeve::io
