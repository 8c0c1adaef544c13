#include "http/front/peer.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace reeve::http {

namespace {

constexpr std::array<unsigned char, 12> mapped_v4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_v4(const std::array<unsigned char, 16>& bytes) {
  return std::equal(mapped_v4.begin(), mapped_v4.end(), bytes.begin());
}

bool is_address(const sockaddr* a) {
  return a != nullptr && (a->sa_family == AF_INET || a->sa_family == AF_INET6);
}

} // namespace

peer::peer(const sockaddr_storage& from, const sockaddr_storage& to) {
  const auto* f = reinterpret_cast<const sockaddr*>(&from);
  const auto* t = reinterpret_cast<const sockaddr*>(&to);
  by_file_ = t->sa_family == AF_UNIX;
  known_ = is_address(f) && is_address(t);
  if (!known_)
    return;
  from_ = address_of(f);
  to_ = address_of(t);
}

peer peer::of(int fd) {
  sockaddr_storage from{};
  sockaddr_storage to{};
  socklen_t size = sizeof from;
  const bool knows_from = ::getpeername(fd, reinterpret_cast<sockaddr*>(&from), &size) == 0;
  size = sizeof to;
  const bool knows_to = ::getsockname(fd, reinterpret_cast<sockaddr*>(&to), &size) == 0;
  return knows_from && knows_to ? peer{from, to} : peer{};
}

peer::address peer::address_of(const sockaddr* a) {
  address made;
  if (a->sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in*>(a)->sin_addr;
    std::copy(mapped_v4.begin(), mapped_v4.end(), made.bytes.begin());
    std::memcpy(made.bytes.data() + mapped_v4.size(), &v4, sizeof v4);
    return made;
  }
  const auto& v6 = *reinterpret_cast<const sockaddr_in6*>(a);
  std::memcpy(made.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr))
    made.interface = v6.sin6_scope_id;
  return made;
}

bool peer::address::is_loopback() const {
  if (is_v4(bytes))
    return bytes[mapped_v4.size()] == 127;
  address one;
  one.bytes.back() = 1;
  return *this == one;
}

bool peer::is_ours(const address& a) {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0)
    return false;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned{all, ::freeifaddrs};
  for (const auto* one = all; one != nullptr; one = one->ifa_next)
    if (is_address(one->ifa_addr) && address_of(one->ifa_addr) == a)
      return true;
  return false;
}

bool peer::is_this_machine() const {
  if (by_file_)
    return true;
  return known_ && (from_.is_loopback() || from_ == to_ || is_ours(from_));
}

} // namespace reeve::http
