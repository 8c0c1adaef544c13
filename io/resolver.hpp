#pragma once

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reeve::io {

class loop;

/// What the name service said about a host.
struct resolution {
  enum class kind {
    found,
    no_such_host,  ///< it answered that there is none
    could_not_ask, ///< it did not answer: says nothing about the host
  };
  kind what = kind::found;
  std::vector<sockaddr_storage> addresses;
  std::string reason;     ///< one sentence part, when not found
  bool exhausted = false; ///< could not ask for want of descriptors
};

/// An address written in digits, IPv6 with or without brackets.
std::optional<sockaddr_storage> literal_address(const std::string& host, int port);

/// One lookup, on a pool thread. Loop thread only.
class lookup {
public:
  /// `done` is called once, later, unless this is destroyed before.
  lookup(loop& l, const std::string& host, int port, std::function<void(resolution)> done);
  ~lookup();
  lookup(const lookup&) = delete;
  lookup& operator=(const lookup&) = delete;

private:
  struct state;
  std::shared_ptr<state> state_; ///< libuv holds it too: a lookup cannot be broken off
};

} // namespace reeve::io
