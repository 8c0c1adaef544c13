#include "io/signals.hpp"

#include "io/loop.hpp"

#include <signal.h>
#include <uv.h>

#include <array>

namespace reeve::io {

struct signals::state {
  std::function<void(int)> heard;
  // On the heap: libuv holds a handle until it has closed it, in a later turn.
  std::array<uv_signal_t*, 3> handles{};
};

signals::signals(loop& l, std::function<void(int)> heard) : state_{std::make_unique<state>()} {
  state_->heard = std::move(heard);
  ::signal(SIGPIPE, SIG_IGN);
  constexpr std::array numbers{SIGTERM, SIGINT, SIGHUP};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    auto* handle = new uv_signal_t;
    uv_signal_init(l.raw(), handle);
    handle->data = state_.get();
    uv_signal_start(
      handle, [](uv_signal_t* h, int number) { static_cast<state*>(h->data)->heard(number); },
      numbers[i]);
    state_->handles[i] = handle;
  }
}

signals::~signals() {
  for (auto* handle : state_->handles)
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* h) { delete reinterpret_cast<uv_signal_t*>(h); });
}

} // namespace reeve::io
