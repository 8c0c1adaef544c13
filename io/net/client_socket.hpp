#pragma once

#include "io/loop/descriptor.hpp"

#include <sys/socket.h>

#include <chrono>
#include <optional>
#include <string>

namespace reeve::io {

/// When TCP first asks whether a silent peer is still there, so that neither a firewall
/// forgets a kept connection nor a dead one is trusted.
inline constexpr std::chrono::seconds keepalive_after{60};

/// None: the path is longer than a socket's may be.
std::optional<sockaddr_storage> unix_address(const std::string& path);

/// An attempt at a connection.
struct connecting {
  descriptor
    socket;      ///< a stream socket; writable once the attempt ended, how `connect_error` tells
  int error = 0; ///< why there is no socket (errno)
};

connecting begin_connecting(const sockaddr_storage& where);

/// Of a TCP connection that is to be kept: see `keepalive_after`.
void keep_alive(int socket);

/// 0: connected.
int connect_error(int socket);

} // namespace reeve::io
