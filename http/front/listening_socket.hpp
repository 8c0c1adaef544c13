#pragma once

#include "supervisor/result.hpp"
#include "supervisor/specs/daemon_spec.hpp"

#include <utility>
#include <vector>

namespace reeve::http {

/// A socket that clients may connect to. It is closed with this; its file, if it has one, goes too.
class listening_socket {
public:
  listening_socket() = default; ///< none
  listening_socket(listening_socket&& other) noexcept;
  listening_socket& operator=(listening_socket&& other) noexcept;
  ~listening_socket();

  /// Binds every address that `at` stands for, and listens. Of a path: for this user and group
  /// alone; what a Reeve that died left there is replaced. Asks the resolver, and so may block.
  static result<std::vector<listening_socket>> open(const listen_address& at);

  int fd() const {
    return fd_;
  }
  /// With the port that was free.
  const listen_address& address() const {
    return address_;
  }

private:
  listening_socket(int fd, listen_address address) : fd_{fd}, address_{std::move(address)} {
  }

  static result<std::vector<listening_socket>> open_network(const listen_address& at);
  static result<std::vector<listening_socket>> open_file(const listen_address& at);

  int fd_ = -1;
  listen_address address_;
  unsigned long long file_ = 0; ///< its inode; 0: it has none
};

} // namespace reeve::http
