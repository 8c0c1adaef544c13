#include "io/loop/poll_watch.hpp"

#include "io/loop/loop.hpp"

#include <uv.h>

#include <memory>
#include <utility>

namespace reeve::io {

struct poll_watch::state {
  uv_poll_t handle{};
  events wanted;
  std::function<void(events)> ready;
};

poll_watch::poll_watch(loop& l, int fd, events wanted, std::function<void(events)> ready)
    : state_{nullptr} {
  auto made = std::make_unique<state>();
  made->ready = std::move(ready);
  if (uv_poll_init(l.raw(), &made->handle, fd) != 0)
    return;
  state_ = made.release();
  state_->handle.data = state_;
  want(wanted);
}

poll_watch::~poll_watch() {
  if (state_ == nullptr)
    return;
  // A loop that ended first has closed the handle already; then libuv is done with it.
  auto* handle = reinterpret_cast<uv_handle_t*>(&state_->handle);
  if (uv_is_closing(handle) != 0) {
    delete state_;
    return;
  }
  uv_close(handle, [](uv_handle_t* h) { delete static_cast<state*>(h->data); });
}

void poll_watch::want(events wanted) {
  if (state_ == nullptr)
    return;
  state_->wanted = wanted;
  const int mask = (wanted.read ? UV_READABLE : 0) | (wanted.write ? UV_WRITABLE : 0);
  if (mask == 0) {
    uv_poll_stop(&state_->handle);
    return;
  }
  uv_poll_start(&state_->handle, mask, [](uv_poll_t* h, int failed, int there) {
    auto& self = *static_cast<state*>(h->data);
    // libuv stops watching what is in error.
    self.ready(failed != 0 ? self.wanted
                           : events{(there & UV_READABLE) != 0, (there & UV_WRITABLE) != 0});
  });
}

} // namespace reeve::io
