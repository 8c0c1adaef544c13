#include "supervisor/specs/daemon_spec.hpp"

namespace reeve {

std::string to_string(const listen_address& a) {
  if (!a.unix_socket.empty())
    return "unix:" + a.unix_socket;
  const bool v6 = a.host.find(':') != std::string::npos;
  return (v6 ? "[" + a.host + "]" : a.host) + ":" + std::to_string(a.port);
}

} // namespace reeve
