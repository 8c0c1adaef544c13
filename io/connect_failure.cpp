#include "io/connect_failure.hpp"

#include "io/own_limits.hpp"
#include "io/resolver.hpp"

#include <errno.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace reeve::io {

namespace {

using kind = check_outcome::kind;

check_outcome failed(std::string why) {
  return {kind::failed, {}, std::move(why)};
}

check_outcome not_run(std::string why) {
  return {kind::not_run, {}, std::move(why)};
}

constexpr const char* refused = "connection refused";

} // namespace

check_outcome explain(resolution r) {
  if (r.what == resolution::kind::no_such_host)
    return failed(std::move(r.reason));
  auto outcome = not_run(std::move(r.reason));
  outcome.exhausted = r.exhausted;
  return outcome;
}

check_outcome explain_connect_error(int os_error) {
  if (auto ours = ran_out(os_error))
    return *std::move(ours);
  switch (os_error) {
  case ECONNREFUSED:
    return failed(refused);
  case EHOSTUNREACH:
    return failed("no way to the host");
  case ETIMEDOUT:
    return dropped_here().value_or(failed("could not connect: no answer"));
  case ECONNRESET:
  case ECONNABORTED:
  case EPIPE:
    return failed("connection reset");
  case EADDRNOTAVAIL:
    return not_run("cannot connect: this machine has no address to connect from");
  case ENETUNREACH:
  case ENETDOWN:
    return not_run("cannot connect: this machine has no way to that network");
  case 0:
    return failed("could not connect");
  default:
    return not_run("cannot connect: " + std::generic_category().message(os_error));
  }
}

check_outcome explain_socket_error(int os_error, const std::string& unix_socket) {
  const auto name = "socket '" + unix_socket + "'";
  switch (os_error) {
  case ENOENT:
  case ENOTDIR:
    return failed("there is no " + name);
  case ECONNREFUSED:
    return failed("nobody listens on " + name);
  case ENOTSOCK:
    return failed("'" + unix_socket + "' is not a socket");
  case EACCES:
    return not_run("Reeve may not connect to " + name);
  case ENAMETOOLONG:
    return not_run("cannot connect to " + name + ": the path is too long");
  case EAGAIN:
    return failed("the queue of " + name + " is full");
  default:
    return explain_connect_error(os_error);
  }
}

check_outcome outcome_of_attempts(const std::vector<check_outcome>& attempts) {
  const auto first = [&](auto is_such) {
    return std::find_if(attempts.begin(), attempts.end(), is_such);
  };
  const auto end = attempts.end();
  if (const auto a = first([](const auto& o) { return o.exhausted; }); a != end)
    return *a;
  if (const auto a = first([](const auto& o) { return o.reason == refused; }); a != end)
    return *a;
  if (const auto a = first([](const auto& o) { return o.what == kind::failed; }); a != end)
    return *a;
  return attempts.front();
}

} // namespace reeve::io
