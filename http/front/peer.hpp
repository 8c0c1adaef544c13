#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>

namespace reeve::http {

/// Who is at the other end of an accepted connection. A value; any thread.
class peer {
public:
  /// Nobody knows who; not of this machine.
  peer() = default;
  /// `from`: the client's address, `to`: the one of ours that it connected to.
  peer(const sockaddr_storage& from, const sockaddr_storage& to);
  /// Of an accepted socket.
  static peer of(int fd);

  /// It came by a socket in the file system: who may open that decided already.
  bool is_by_file() const {
    return by_file_;
  }

  /// Its address is loopback, or one that this machine has now: nobody else can have connected
  /// from it. May ask the kernel, which does not wait for anything.
  bool is_this_machine() const;

private:
  /// IPv4 in IPv6's clothes, so that there is one kind only.
  struct address {
    std::array<unsigned char, 16> bytes{};
    std::uint32_t interface = 0; ///< of an address that means something on one link only

    bool is_loopback() const;
    bool operator==(const address&) const = default;
  };

  static address address_of(const sockaddr* a);
  static bool is_ours(const address& a);

  bool known_ = false;
  bool by_file_ = false;
  address from_;
  address to_;
};

} // namespace reeve::http
