#include "io/descriptor.hpp"

#include "io/loop.hpp"

#include <unistd.h>
#include <uv.h>

namespace reeve::io {

descriptor::~descriptor() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

struct read_watch::state {
  uv_poll_t handle{};
  std::function<void()> ready;
};

read_watch::read_watch(loop& l, int fd, std::function<void()> ready)
    : state_{new state{{}, std::move(ready)}} {
  uv_poll_init(l.raw(), &state_->handle, fd);
  state_->handle.data = state_;
  resume();
}

read_watch::~read_watch() {
  // A loop that ended first has closed the handle already; then libuv is done with it.
  auto* handle = reinterpret_cast<uv_handle_t*>(&state_->handle);
  if (uv_is_closing(handle) != 0) {
    delete state_;
    return;
  }
  uv_close(handle, [](uv_handle_t* h) { delete static_cast<state*>(h->data); });
}

void read_watch::pause() {
  uv_poll_stop(&state_->handle);
}

void read_watch::resume() {
  uv_poll_start(&state_->handle, UV_READABLE,
                [](uv_poll_t* h, int, int) { static_cast<state*>(h->data)->ready(); });
}

} // namespace reeve::io
