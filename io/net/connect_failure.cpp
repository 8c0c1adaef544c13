#include "io/net/connect_failure.hpp"

#include "io/loop/own_limits.hpp"
#include "io/names/resolver.hpp"

#include <errno.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace reeve::io {

namespace {

fault theirs(std::string reason) {
  return {.reason = std::move(reason)};
}

fault ours(std::string reason) {
  return {.reason = std::move(reason), .ours = true};
}

constexpr const char* refused = "connection refused";

} // namespace

fault explain(resolution r) {
  if (r.what == resolution::kind::no_such_host)
    return theirs(std::move(r.reason));
  return {.reason = std::move(r.reason), .ours = true, .exhausted = r.exhausted};
}

fault explain_connect_error(int os_error) {
  if (auto own = ran_out(os_error))
    return *std::move(own);
  switch (os_error) {
  case ECONNREFUSED:
    return theirs(refused);
  case EHOSTUNREACH:
    return theirs("no way to the host");
  case ETIMEDOUT:
    return dropped_here().value_or(theirs("could not connect: no answer"));
  case ECONNRESET:
  case ECONNABORTED:
  case EPIPE:
    return theirs("connection reset");
  case EADDRNOTAVAIL:
    return ours("cannot connect: this machine has no address to connect from");
  case ENETUNREACH:
  case ENETDOWN:
    return ours("cannot connect: this machine has no way to that network");
  case 0:
    return theirs("could not connect");
  default:
    return ours("cannot connect: " + std::generic_category().message(os_error));
  }
}

fault explain_socket_error(int os_error, const std::string& unix_socket) {
  const auto name = "socket '" + unix_socket + "'";
  switch (os_error) {
  case ENOENT:
  case ENOTDIR:
    return theirs("there is no " + name);
  case ECONNREFUSED:
    return theirs("nobody listens on " + name);
  case ENOTSOCK:
    return theirs("'" + unix_socket + "' is not a socket");
  case EACCES:
    return ours("Reeve may not connect to " + name);
  case ENAMETOOLONG:
    return ours("cannot connect to " + name + ": the path is too long");
  case EAGAIN:
    return theirs("the queue of " + name + " is full");
  default:
    return explain_connect_error(os_error);
  }
}

fault fault_of_attempts(const std::vector<fault>& attempts) {
  const auto first = [&](auto is_such) {
    return std::find_if(attempts.begin(), attempts.end(), is_such);
  };
  const auto end = attempts.end();
  if (const auto a = first([](const auto& f) { return f.exhausted; }); a != end)
    return *a;
  if (const auto a = first([](const auto& f) { return f.reason == refused; }); a != end)
    return *a;
  if (const auto a = first([](const auto& f) { return !f.ours; }); a != end)
    return *a;
  return attempts.front();
}

} // namespace reeve::io
