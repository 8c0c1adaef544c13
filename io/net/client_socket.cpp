#include "io/net/client_socket.hpp"

#include "io/loop/own_limits.hpp"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include <cstring>
#include <utility>

namespace reeve::io {

namespace {

socklen_t size_of(const sockaddr_storage& address) {
  switch (address.ss_family) {
  case AF_INET:
    return sizeof(sockaddr_in);
  case AF_INET6:
    return sizeof(sockaddr_in6);
  default:
    return sizeof(sockaddr_un);
  }
}

} // namespace

std::optional<sockaddr_storage> unix_address(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path)
    return std::nullopt;
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  sockaddr_storage any{};
  std::memcpy(&any, &address, sizeof address);
  return any;
}

connecting begin_connecting(const sockaddr_storage& where) {
  descriptor made{socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!made)
    return {.error = errno};
  if (const int error = spare_descriptor_error(made.get()); error != 0)
    return {.error = error};
  if (connect(made.get(), reinterpret_cast<const sockaddr*>(&where), size_of(where)) != 0
      && errno != EINPROGRESS)
    return {.error = errno};
  return {.socket = std::move(made)};
}

void keep_alive(int socket) {
  const int on = 1;
  const int after = static_cast<int>(keepalive_after.count());
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &after, sizeof after);
}

int connect_error(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

} // namespace reeve::io
