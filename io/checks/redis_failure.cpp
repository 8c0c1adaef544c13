#include "io/checks/redis_failure.hpp"

#include "io/checks/session_check.hpp"

#include <string_view>
#include <utility>

namespace reeve::io {

namespace {

/// By what a reply begins with. The rest of the long ones is advice to Redis' own
/// operators.
constexpr std::pair<std::string_view, std::string_view> meanings[] = {
  {"NOAUTH", "Redis asks for a password, and none is given"},
  {"WRONGPASS", "wrong password, or no such user"},
  {"ERR invalid password", "wrong password"},
  {"ERR AUTH <password> called without any password", "Redis has no password, yet one is given"},
  {"ERR Client sent AUTH, but no password is set", "Redis has no password, yet one is given"},
  {"ERR unknown command", "Redis does not know the command"},
  {"ERR DB index is out of range", "there is no such database"},
  {"ERR invalid DB index", "there is no such database"},
  {"ERR max number of clients reached", "Redis has too many clients"},
  {"LOADING", "Redis is still loading its data"},
  {"MASTERDOWN", "the replica has lost its master"},
  {"MISCONF", "Redis cannot save its data and refuses writes"},
  {"BUSY", "Redis is busy with a script"},
  {"READONLY", "Redis is a read-only replica"},
  {"CLUSTERDOWN", "the Redis cluster is down"},
  {"DENIED", "Redis is in protected mode and takes no clients from other machines"},
};

} // namespace

std::string explain_redis_error(const std::string& reply, const std::string& secret) {
  for (const auto& [beginning, meaning] : meanings)
    if (reply.starts_with(beginning))
      return std::string{meaning};
  const bool plain = reply.starts_with("ERR ");
  return "Redis says '" + one_sentence(plain ? reply.substr(4) : reply, secret) + "'";
}

} // namespace reeve::io
