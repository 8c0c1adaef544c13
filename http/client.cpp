#include "http/client.hpp"

#include <httplib.h>

namespace reeve::http {

result<client_answer> ask(const std::string& base, const std::string& method,
                          const std::string& path, std::chrono::milliseconds timeout) {
  constexpr std::string_view scheme = "http://";
  // httplib throws at other schemes, and takes a path for a part of the host.
  auto host = base.substr(0, base.find('/', scheme.size()));
  if (!host.starts_with(scheme) || host.size() == scheme.size())
    return error{"'" + base + "' is not an address: give --url http://HOST:PORT"};
  httplib::Client client(host);
  if (!client.is_valid())
    return error{"'" + base + "' is not an address: give --url http://HOST:PORT"};
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  auto rest = std::chrono::duration_cast<std::chrono::microseconds>(timeout - seconds);
  client.set_connection_timeout(seconds.count(), rest.count());
  client.set_read_timeout(seconds.count(), rest.count());
  auto answer = method == "POST" ? client.Post(path.c_str()) : client.Get(path.c_str());
  if (!answer)
    return error{"no Reeve answers at " + base + "; is it running? Else give --url"};
  return client_answer{answer->status, answer->body};
}

} // namespace reeve::http
