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

/// A stream socket that has begun to connect, or no socket and why (errno). Writable
/// once the attempt ended; `connect_error` tells how.
descriptor begin_connecting(const sockaddr_storage& where, int& error);

/// 0: connected.
int connect_error(int socket);

} // namespace reeve::io
