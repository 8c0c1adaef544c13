#include "io/resolver.hpp"

#include "io/loop.hpp"
#include "io/own_limits.hpp"

#include <errno.h>
#include <netinet/in.h>
#include <uv.h>

#include <cstring>
#include <utility>

namespace reeve::io {

namespace {

resolution failed_resolution(const std::string& host, int error) {
  const auto what = "cannot resolve host '" + host + "'";
  if (out_of_descriptors())
    return {resolution::kind::could_not_ask, {}, ran_out(EMFILE)->reason, true};
  switch (error) {
  case UV_EAI_NONAME:
  case UV_EAI_NODATA:
  case UV_EAI_ADDRFAMILY:
  case UV_EINVAL: // not a name at all
    return {resolution::kind::no_such_host, {}, what};
  case UV_EAI_AGAIN:
    return {resolution::kind::could_not_ask, {}, what + ": the name server does not answer"};
  default:
    return {resolution::kind::could_not_ask, {}, what + ": " + uv_strerror(error)};
  }
}

resolution taken_from(const addrinfo* list) {
  resolution r;
  for (const auto* a = list; a != nullptr; a = a->ai_next) {
    auto& to = r.addresses.emplace_back();
    std::memcpy(&to, a->ai_addr, a->ai_addrlen);
  }
  return r;
}

} // namespace

struct lookup::state {
  uv_getaddrinfo_t request{};
  std::string host;
  std::function<void(resolution)> done;
  std::shared_ptr<state> self;

  void answered(int failed, addrinfo* list) {
    const auto kept = std::move(self);
    auto answer = failed == 0 ? taken_from(list) : failed_resolution(host, failed);
    uv_freeaddrinfo(list);
    if (const auto tell = std::exchange(done, nullptr))
      tell(std::move(answer));
  }
};

std::optional<sockaddr_storage> literal_address(const std::string& host, int port) {
  sockaddr_storage address{};
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const auto digits = bracketed ? host.substr(1, host.size() - 2) : host;
  if (uv_ip4_addr(digits.c_str(), port, reinterpret_cast<sockaddr_in*>(&address)) == 0
      || uv_ip6_addr(digits.c_str(), port, reinterpret_cast<sockaddr_in6*>(&address)) == 0)
    return address;
  return std::nullopt;
}

lookup::lookup(loop& l, const std::string& host, int port, std::function<void(resolution)> done)
    : state_{std::make_shared<state>()} {
  state_->host = host;
  state_->done = std::move(done);
  state_->self = state_;
  state_->request.data = state_.get();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const int error = uv_getaddrinfo(
    l.raw(), &state_->request,
    [](uv_getaddrinfo_t* r, int failed, addrinfo* list) {
      static_cast<state*>(r->data)->answered(failed, list);
    },
    host.c_str(), std::to_string(port).c_str(), &hints);
  if (error != 0)
    l.post([s = state_, error] { s->answered(error, nullptr); });
}

lookup::~lookup() {
  state_->done = nullptr;
}

} // namespace reeve::io
