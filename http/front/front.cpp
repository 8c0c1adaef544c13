#include "http/front/front.hpp"

#include "http/front/connection.hpp"
#include "http/front/listener.hpp"
#include "io/loop/loop.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace reeve::http {

namespace {

/// Checks, children and files need descriptors too.
std::size_t fair_share_of_files(std::size_t wanted) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
    return wanted;
  return std::min<std::size_t>(wanted, files.rlim_cur - files.rlim_cur / 4);
}

} // namespace

struct front::state {
  std::shared_ptr<front_context> shared;
  listener sockets;
  std::size_t most = 0;

  explicit state(std::shared_ptr<front_context> context)
      : shared{std::move(context)}, sockets{shared->loop, callbacks()} {
  }

  listener::callbacks callbacks() {
    return {[this](int fd) { welcome(fd); }, [this] { return make_room(); }};
  }

  void welcome(int fd) {
    if (shared->roster.size() >= most && !make_room())
      ::close(fd);
    else
      connection::open(shared, fd);
  }

  bool make_room() {
    auto* c = shared->roster.most_dispensable();
    if (c != nullptr)
      c->close();
    return c != nullptr;
  }
};

front::front(io::loop& l, front_limits limits, handler handle, observer answered)
    : state_{std::make_unique<state>(std::make_shared<front_context>(l, limits))} {
  state_->shared->handle = std::move(handle);
  state_->shared->answered = std::move(answered);
}

front::~front() {
  auto& shared = *state_->shared;
  while (auto* c = shared.roster.anybody())
    c->close();
  shared.loop.cancel(shared.timer);
  shared.handle = nullptr;
  shared.answered = nullptr;
}

status front::listen(const std::vector<listen_address>& at) {
  state_->most = std::max<std::size_t>(1, fair_share_of_files(state_->shared->limits.connections));
  return state_->sockets.listen(at);
}

std::vector<listen_address> front::addresses() const {
  return state_->sockets.addresses();
}

void front::stop_listening() {
  state_->sockets.close();
}

} // namespace reeve::http
