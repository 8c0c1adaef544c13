#include "http/client.hpp"

#include <httplib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

namespace reeve::http {

namespace {

/// cpp-httplib's client on a socket in the file system, which older ones do not know.
class file_client : public httplib::ClientImpl {
public:
  explicit file_client(std::string path) : ClientImpl{"localhost"}, path_{std::move(path)} {
  }

  /// Of the last attempt to connect; 0: it did.
  int problem() const {
    return problem_;
  }

private:
  bool create_and_connect_socket(Socket& socket, httplib::Error& why) override {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const bool is_connected =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    problem_ = is_connected ? 0 : errno;
    if (!is_connected) {
      ::close(fd);
      why = httplib::Error::Connection;
      return false;
    }
    socket.sock = fd;
    return true;
  }

  std::string path_;
  int problem_ = 0;
};

template <class Client>
httplib::Result ask_by(Client& client, const std::string& method, const std::string& path,
                       std::chrono::milliseconds timeout, const std::string& token) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(timeout - seconds);
  client.set_connection_timeout(seconds.count(), rest.count());
  client.set_read_timeout(seconds.count(), rest.count());
  if (!token.empty())
    client.set_default_headers({{"Authorization", "Bearer " + token}});
  return method == "POST" ? client.Post(path.c_str()) : client.Get(path.c_str());
}

error no_address(const std::string& base) {
  return error{"'" + base + "' is not an address: give --url http://HOST:PORT or --url unix:PATH"};
}

result<client_answer> answer_of(const std::string& base, const httplib::Result& answer) {
  if (!answer)
    return error{"no Reeve answers at " + base + "; is it running? Else give --url"};
  return client_answer{answer->status, answer->body};
}

/// The path of `unix:/run/reeve.sock`, also written as a URL; empty: it is none.
std::string socket_path(std::string_view base) {
  for (const std::string_view prefix : {"unix://", "unix:", "http://unix:"})
    if (base.starts_with(prefix) && base.substr(prefix.size()).starts_with('/'))
      return std::string{base.substr(prefix.size())};
  constexpr std::string_view relative = "unix:";
  return base.starts_with(relative) ? std::string{base.substr(relative.size())} : std::string{};
}

} // namespace

result<client_answer> ask(const std::string& base, const std::string& method,
                          const std::string& path, std::chrono::milliseconds timeout,
                          const std::string& token) {
  if (const auto file = socket_path(base); !file.empty()) {
    if (file.size() >= sizeof sockaddr_un{}.sun_path)
      return error{"'" + base + "' is longer than a socket's path can be"};
    file_client client{file};
    const auto answer = ask_by(client, method, path, timeout, token);
    if (!answer && client.problem() == EACCES)
      return error{"you may not connect to " + base + ": its owner and group alone may"};
    return answer_of(base, answer);
  }
  constexpr std::string_view scheme = "http://";
  // httplib throws at other schemes, and takes a path for a part of the host.
  const auto host = base.substr(0, base.find('/', scheme.size()));
  if (!host.starts_with(scheme) || host.size() == scheme.size())
    return no_address(base);
  httplib::Client client(host);
  if (!client.is_valid())
    return no_address(base);
  return answer_of(base, ask_by(client, method, path, timeout, token));
}

} // namespace reeve::http
