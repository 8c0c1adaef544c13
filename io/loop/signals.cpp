#include "io/loop/signals.hpp"

#include "io/loop/loop.hpp"

#include <signal.h>
#include <uv.h>

#include <array>

namespace reeve::io {

namespace {

constexpr std::array heard_signals{SIGTERM, SIGINT, SIGHUP};

void change_mask(int how) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : heard_signals)
    sigaddset(&set, number);
  pthread_sigmask(how, &set, nullptr);
}

} // namespace

void hold_signals() {
  change_mask(SIG_BLOCK);
}

void release_signals() {
  change_mask(SIG_UNBLOCK);
}

struct signals::state {
  std::function<void(int)> heard;
  // On the heap: libuv holds a handle until it has closed it, in a later turn.
  std::array<uv_signal_t*, heard_signals.size()> handles{};
};

signals::signals(loop& l, std::function<void(int)> heard) : state_{std::make_unique<state>()} {
  state_->heard = std::move(heard);
  ::signal(SIGPIPE, SIG_IGN);
  for (std::size_t i = 0; i < heard_signals.size(); ++i) {
    auto* handle = new uv_signal_t;
    uv_signal_init(l.raw(), handle);
    handle->data = state_.get();
    uv_signal_start(
      handle, [](uv_signal_t* h, int number) { static_cast<state*>(h->data)->heard(number); },
      heard_signals[i]);
    state_->handles[i] = handle;
  }
  release_signals();
}

signals::~signals() {
  for (auto* handle : state_->handles)
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* h) { delete reinterpret_cast<uv_signal_t*>(h); });
}

} // namespace reeve::io
