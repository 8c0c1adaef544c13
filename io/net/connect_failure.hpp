#pragma once

#include "io/loop/fault.hpp"

#include <string>
#include <vector>

namespace reeve::io {

struct resolution;

/// Whose fault it is that a host was not found.
/// REQUIRES: it was not.
fault explain(resolution r);

/// Whose fault it is that a connection could not be made.
fault explain_connect_error(int os_error);
fault explain_socket_error(int os_error, const std::string& unix_socket);

/// What the attempts at all addresses of a host come to, none of which connected: a refusal or
/// silence of any is a fact about the service, whatever kept this machine from trying the
/// others (no IPv6, no route, a firewall of its own); a refusal tells most. Not so if something
/// ran out here: then the others might have answered. REQUIRES: one attempt at least.
fault fault_of_attempts(const std::vector<fault>& attempts);

} // namespace reeve::io
