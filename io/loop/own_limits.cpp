#include "io/loop/own_limits.hpp"

#include "io/loop/descriptor.hpp"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace reeve::io {

namespace {

rlim_t descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

/// The lowest descriptor that is free: at least as many are open. The error, negative,
/// if there is none.
int lowest_free() {
  const descriptor opened{open("/dev/null", O_RDONLY | O_CLOEXEC)};
  return opened ? opened.get() : -errno;
}

/// connect() says the same of a machine that has no address to connect from, as one
/// without IPv6.
bool out_of_ports() {
  const descriptor probe{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in any{};
  any.sin_family = AF_INET;
  return probe && bind(probe.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0
         && errno == EADDRINUSE;
}

/// A number of the kernel's; none: it has no such thing.
std::optional<long> kernel_number(const char* file) {
  const descriptor opened{open(file, O_RDONLY | O_CLOEXEC)};
  std::array<char, 32> text{};
  const auto n = opened ? read(opened.get(), text.data(), text.size()) : 0;
  long number = 0;
  if (n <= 0 || std::from_chars(text.data(), text.data() + n, number).ec != std::errc{})
    return std::nullopt;
  return number;
}

bool connections_are_dropped() {
  const auto now = kernel_number("/proc/sys/net/netfilter/nf_conntrack_count");
  const auto most = kernel_number("/proc/sys/net/netfilter/nf_conntrack_max");
  return now && most && *most > 0 && *now >= *most - *most / 100; // some go all the time
}

fault exhausted(std::string reason) {
  return {.reason = std::move(reason), .ours = true, .exhausted = true};
}

constexpr const char* table_full = "this machine's table of connections is full, and it drops new "
                                   "ones: raise net.netfilter.nf_conntrack_max";

} // namespace

std::optional<fault> ran_out(int os_error) {
  switch (os_error) {
  case EMFILE:
    return exhausted("Reeve is out of file descriptors: raise the limit (ulimit -n), now "
                     + std::to_string(descriptor_limit()));
  case ENFILE:
    return exhausted("this machine is out of file descriptors: raise fs.file-max");
  case ENOBUFS:
  case ENOMEM:
    return exhausted("this machine is out of memory for connections and processes");
  case EADDRNOTAVAIL:
    if (!out_of_ports())
      return std::nullopt;
    return exhausted("this machine is out of local ports: widen net.ipv4.ip_local_port_range");
  case EPERM:
    return dropped_here();
  default:
    return std::nullopt;
  }
}

int spare_descriptor_error() {
  const int lowest = lowest_free();
  return lowest < 0 ? -lowest : spare_descriptor_error(lowest);
}

int spare_descriptor_error(int opened) {
  const auto limit = static_cast<int>(std::min<rlim_t>(descriptor_limit(), 1 << 30));
  const int reserve = std::clamp(limit / 8, 4, 64);
  return opened >= limit - reserve ? EMFILE : 0;
}

bool out_of_descriptors() {
  const int lowest = lowest_free();
  return lowest == -EMFILE || lowest == -ENFILE;
}

std::optional<fault> dropped_here() {
  if (!connections_are_dropped())
    return std::nullopt;
  return exhausted(table_full);
}

} // namespace reeve::io
