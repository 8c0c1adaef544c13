#include "http/front/listening_socket.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <thread>

namespace reeve::http {

namespace {

constexpr int backlog = 4'096;

constexpr mode_t owner_and_group = 0660;

void set_port(sockaddr* address, int port) {
  const auto p = htons(static_cast<std::uint16_t>(port));
  if (address->sa_family == AF_INET)
    reinterpret_cast<sockaddr_in*>(address)->sin_port = p;
  else
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = p;
}

int port_of(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  return ntohs(bound.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(bound).sin_port
                                          : reinterpret_cast<sockaddr_in6&>(bound).sin6_port);
}

/// The socket, or minus the error.
int bind_and_listen(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ai_family == AF_INET6) // `::` is every address, of both kinds
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, backlog) == 0)
    return fd;
  const int problem = errno;
  ::close(fd);
  return -problem;
}

std::string why_not(const listen_address& at, int problem) {
  const bool has_file = !at.unix_socket.empty();
  switch (problem) {
  case EADDRINUSE:
    return "address already in use; another reeve? set server.listen";
  case EADDRNOTAVAIL:
    return "this machine has no such address; set server.listen";
  case EACCES:
    return has_file ? "permission denied; set server.listen"
                    : "permission denied; set server.listen to a port over 1023";
  case ENOENT:
    return "its folder does not exist; make it, or set server.listen";
  case ENOTSOCK:
    return "there is a file of another kind; remove it, or set server.listen";
  default:
    return std::generic_category().message(problem) + "; set server.listen";
  }
}

error cannot(const listen_address& at, int problem) {
  return error{"cannot listen on " + to_string(at) + ": " + why_not(at, problem)};
}

sockaddr_un file_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

int new_file_socket() {
  return ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/// The inode of the socket at `path`; 0: there is none.
unsigned long long socket_at(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode) ? found.st_ino : 0;
}

/// Why the socket at `path` may not be replaced; 0: whoever listened there is gone.
int still_in_use(const std::string& path) {
  const auto address = file_address(path);
  const int fd = new_file_socket();
  if (fd < 0)
    return errno;
  const bool answers =
    ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int why = errno;
  ::close(fd);
  if (answers || why == EAGAIN)
    return EADDRINUSE;
  return why == ECONNREFUSED || why == ENOENT ? 0 : why;
}

/// Two that begin at the same moment must not each take the other's socket for a dead one's.
class folder_lock {
public:
  explicit folder_lock(const std::string& path)
      : fd_{::open(std::filesystem::path{path}.parent_path().c_str(),
                   O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
    for (int i = 0; i < 100 && ::flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  ~folder_lock() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  folder_lock(const folder_lock&) = delete;
  folder_lock& operator=(const folder_lock&) = delete;

private:
  int fd_;
};

/// 0: nothing is in the way any more.
int clear_the_way(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0)
    return errno == ENOENT ? 0 : errno;
  if (!S_ISSOCK(found.st_mode))
    return ENOTSOCK;
  if (const int problem = still_in_use(path))
    return problem;
  return ::unlink(path.c_str()) == 0 || errno == ENOENT ? 0 : errno;
}

int bind_file(int fd, const std::string& path) {
  const auto address = file_address(path);
  // Never wider than it will be, at no moment; the umask may have made it narrower.
  ::fchmod(fd, owner_and_group);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0
      || ::chmod(path.c_str(), owner_and_group) != 0 || ::listen(fd, backlog) != 0)
    return errno;
  return 0;
}

} // namespace

listening_socket::listening_socket(listening_socket&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)}, address_{std::move(other.address_)}, file_{std::exchange(
                                                                                other.file_, 0)} {
}

listening_socket& listening_socket::operator=(listening_socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(address_, other.address_);
  std::swap(file_, other.file_);
  return *this;
}

listening_socket::~listening_socket() {
  if (file_ != 0 && socket_at(address_.unix_socket) == file_)
    ::unlink(address_.unix_socket.c_str());
  if (fd_ >= 0)
    ::close(fd_);
}

result<std::vector<listening_socket>> listening_socket::open(const listen_address& at) {
  return at.unix_socket.empty() ? open_network(at) : open_file(at);
}

result<std::vector<listening_socket>> listening_socket::open_network(const listen_address& at) {
  auto bare = at;
  if (bare.host.size() > 2 && bare.host.front() == '[')
    bare.host = bare.host.substr(1, bare.host.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int no = ::getaddrinfo(bare.host.c_str(), nullptr, &hints, &found))
    return error{"cannot listen on " + to_string(bare) + ": " + ::gai_strerror(no)
                 + "; set server.listen"};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses{found, ::freeaddrinfo};

  int problem = 0;
  std::vector<listening_socket> bound;
  for (auto* a = found; a != nullptr; a = a->ai_next) {
    set_port(a->ai_addr, bare.port);
    const int fd = bind_and_listen(*a);
    // A name may stand for an address family that this machine lacks.
    if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL) {
      problem = problem != 0 ? problem : -fd;
      continue;
    }
    if (fd < 0)
      return cannot(bare, -fd);
    bare.port = port_of(fd);
    bound.push_back(listening_socket{fd, bare});
  }
  if (bound.empty())
    return cannot(bare, problem);
  return bound;
}

result<std::vector<listening_socket>> listening_socket::open_file(const listen_address& at) {
  const auto& path = at.unix_socket;
  if (path.size() >= sizeof sockaddr_un{}.sun_path)
    return cannot(at, ENAMETOOLONG);
  const folder_lock lock{path};
  if (const int problem = clear_the_way(path))
    return cannot(at, problem);
  listening_socket made{new_file_socket(), at};
  if (made.fd_ < 0)
    return cannot(at, errno);
  const int problem = bind_file(made.fd_, path);
  made.file_ = problem == EADDRINUSE ? 0 : socket_at(path);
  if (problem != 0)
    return cannot(at, problem);
  std::vector<listening_socket> one;
  one.push_back(std::move(made));
  return one;
}

} // namespace reeve::http
