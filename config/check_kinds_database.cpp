#include "config/address.hpp"
#include "config/check_kinds.hpp"
#include "config/shown_text.hpp"
#include "config/url.hpp"
#include "supervisor/text.hpp"

#include <algorithm>
#include <charconv>

namespace reeve::config {
namespace {

constexpr int most_databases = 1'000'000;

// What libpq 15 to 17 know; a parameter of the URL that they do not is an error there.
constexpr std::string_view libpq_parameters[] = {"application_name",
                                                 "channel_binding",
                                                 "client_encoding",
                                                 "connect_timeout",
                                                 "dbname",
                                                 "fallback_application_name",
                                                 "gssdelegation",
                                                 "gssencmode",
                                                 "gsslib",
                                                 "host",
                                                 "hostaddr",
                                                 "keepalives",
                                                 "keepalives_count",
                                                 "keepalives_idle",
                                                 "keepalives_interval",
                                                 "krbsrvname",
                                                 "load_balance_hosts",
                                                 "options",
                                                 "passfile",
                                                 "password",
                                                 "port",
                                                 "replication",
                                                 "require_auth",
                                                 "requirepeer",
                                                 "ssl",
                                                 "ssl_max_protocol_version",
                                                 "ssl_min_protocol_version",
                                                 "sslcert",
                                                 "sslcertmode",
                                                 "sslcompression",
                                                 "sslcrl",
                                                 "sslcrldir",
                                                 "sslkey",
                                                 "sslmode",
                                                 "sslnegotiation",
                                                 "sslpassword",
                                                 "sslrootcert",
                                                 "sslsni",
                                                 "target_session_attrs",
                                                 "tcp_user_timeout",
                                                 "user"};

struct postgres_url {
  std::string url;
  bool has_password = false;
};

std::optional<error> wrong_postgres_host(std::string_view host) {
  // A percent-encoded path is the folder of a socket.
  if (host.substr(0, 3) == "%2F" || host.substr(0, 3) == "%2f")
    return {};
  const auto address = parse_authority(host, 5432);
  return address ? std::nullopt : std::optional{error{address.sentence()}};
}

std::optional<error> wrong_parameter(std::string_view name, std::string_view value) {
  const bool place = name == "host" || name == "hostaddr" || name == "port";
  if (name == "service")
    return error{"'service' is not supported; name the host"};
  if (place && percent_decoded(value).find(',') != std::string::npos)
    return error{"names several hosts; give each a check of its own"};
  if (std::find(std::begin(libpq_parameters), std::end(libpq_parameters), name)
      != std::end(libpq_parameters))
    return {};
  return error{in_quotes(name) + " is no parameter of libpq"
               + did_you_mean(name, {std::begin(libpq_parameters), std::end(libpq_parameters)})};
}

std::optional<error> wrong_postgres_part(const url_parts& url) {
  if (url.hosts.find(',') != url.hosts.npos)
    return error{"names several hosts; give each a check of its own"};
  if (auto wrong = wrong_postgres_host(url.hosts))
    return wrong;
  if (url.path.find('/', 1) != url.path.npos)
    return error{in_quotes(url.path.substr(1)) + " is no name of a database; write / as %2F"};
  for (const auto& [name, value] : url.query)
    if (auto wrong = wrong_parameter(name, value))
      return wrong;
  return {};
}

result<postgres_url> parse_postgres_url(std::string_view text) {
  const auto scheme = scheme_of(text);
  if (scheme != "postgres" && scheme != "postgresql")
    return error{in_quotes(text) + " must be a URL such as postgres://app@localhost:5432/app"};
  const auto url = split_url(text);
  if (!url)
    return error{in_quotes(text) + " " + url.sentence()};
  if (const auto wrong = wrong_postgres_part(*url))
    return error{in_quotes(text) + ": " + wrong->sentence};
  const bool in_query = std::any_of(url->query.begin(), url->query.end(),
                                    [](const auto& each) { return each.first == "password"; });
  return postgres_url{std::string{text}, in_query || !url->password.empty()};
}

std::optional<int> database_number(std::string_view text) {
  int number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = fault == std::errc{} && end == text.data() + text.size();
  return whole && number >= 0 && number <= most_databases ? std::optional{number} : std::nullopt;
}

struct redis_url {
  redis_check target;
  bool has_database = false;
};

// What stands behind the address: `/1` or `?db=1`.
std::optional<error> read_database(std::string_view path, const url_parts& url, redis_url& into) {
  auto database = path.substr(std::min<std::size_t>(1, path.size()));
  for (const auto& [name, value] : url.query) {
    if (name != "db")
      return error{in_quotes(name) + " is no parameter of it; the only one is 'db'"};
    database = value;
  }
  if (database.empty())
    return {};
  const auto number = database_number(database);
  if (!number)
    return error{in_quotes(database) + " is no number of a database"};
  into.has_database = true;
  into.target.database = *number;
  return {};
}

std::optional<error> read_address(const url_parts& url, redis_url& into) {
  if (url.scheme != "redis") {
    const auto path = parse_socket_path(percent_decoded(url.path));
    if (!path)
      return error{path.sentence()};
    into.target.unix_socket = *path;
    return url.hosts.empty() ? read_database("", url, into)
                             : error{"names host and socket; write unix:///run/redis.sock"};
  }
  const auto address = parse_authority(url.hosts, into.target.port);
  if (!address)
    return error{address.sentence()};
  if (address->host.empty())
    return error{"names no host"};
  into.target.host = address->host;
  into.target.port = address->port;
  return read_database(url.path, url, into);
}

result<redis_url> parse_redis_url(std::string_view text) {
  const auto scheme = scheme_of(text);
  if (scheme == "rediss")
    return error{in_quotes(text)
                 + ": TLS to Redis is not supported by this version; write redis://, or check the "
                   "port with tcp and 'tls: true'"};
  if (scheme != "redis" && scheme != "redis+unix" && scheme != "unix")
    return error{in_quotes(text)
                 + " must be a URL such as redis://localhost:6379/0 or unix:///run/redis.sock"};
  const auto url = split_url(text);
  if (!url)
    return error{in_quotes(text) + " " + url.sentence()};
  redis_url made;
  made.target.user = percent_decoded(url->user);
  made.target.password = percent_decoded(url->password);
  if (const auto wrong = read_address(*url, made))
    return error{in_quotes(text) + ": " + wrong->sentence};
  return made;
}

void read_password_file(fields& from, std::string& into, bool in_url) {
  const auto at = from.text("password_file", into);
  if (at && in_url)
    at->fail("the URL holds a password already; say it in one of the two places");
}

} // namespace

void read_postgres(const reader& value, fields& beside, check_spec& into) {
  postgres_check made;
  const auto url = parsed(value, parse_postgres_url);
  if (url)
    made.url = url->url;
  beside.text("query", made.query);
  read_password_file(beside, made.password_file, url && url->has_password);
  read_connection(beside, made.connection);
  into.target = made;
}

void read_redis(const reader& value, fields& beside, check_spec& into) {
  const auto url = parsed(value, parse_redis_url);
  auto made = url ? url->target : redis_check{};
  read_password_file(beside, made.password_file, !made.password.empty());
  if (!made.user.empty() && made.password.empty() && made.password_file.empty())
    value.fail("names a user without a password; add 'password_file', or write "
               "redis://user:password@host, or redis://:password@host for a password alone");
  const auto database = beside.whole("database", made.database, 0, most_databases);
  if (database && url && url->has_database)
    database->fail("the URL names a database already; say it in one of the two places");
  read_connection(beside, made.connection);
  into.target = made;
}

} // namespace reeve::config
