#include "io/loop/poll_set.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace reeve::io {

namespace {

constexpr int told_at_once = 256;

std::uint32_t mask_of(descriptor_events wanted) {
  return (wanted.read ? EPOLLIN : 0U) | (wanted.write ? EPOLLOUT : 0U);
}

} // namespace

poll_set::poll_set(uv_loop_t& l) : epoll_{epoll_create1(EPOLL_CLOEXEC)}, handle_{new uv_poll_t{}} {
  if (epoll_ < 0 || uv_poll_init(&l, handle_, epoll_) != 0) {
    delete handle_;
    if (epoll_ >= 0)
      close(epoll_);
    throw std::runtime_error("cannot watch descriptors: none left?");
  }
  handle_->data = this;
  uv_poll_start(handle_, UV_READABLE,
                [](uv_poll_t* h, int, int) { static_cast<poll_set*>(h->data)->tell(); });
}

poll_set::~poll_set() {
  uv_close(reinterpret_cast<uv_handle_t*>(handle_),
           [](uv_handle_t* h) { delete reinterpret_cast<uv_poll_t*>(h); });
  close(epoll_);
}

poll_set::id poll_set::add(int fd, std::function<void(descriptor_events)> ready) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const auto place = free_.back();
  free_.pop_back();
  auto& s = slots_[place];
  s.fd = fd;
  s.used = true;
  s.ready = std::move(ready);
  return std::uint64_t{++s.turn} << 32 | place;
}

poll_set::slot* poll_set::find(id which) {
  const auto place = static_cast<std::uint32_t>(which);
  auto* found = place < slots_.size() ? &slots_[place] : nullptr;
  return found != nullptr && found->used && found->turn == which >> 32 ? found : nullptr;
}

void poll_set::want(id which, descriptor_events wanted) {
  auto* s = find(which);
  if (s == nullptr || (s->wanted == wanted && s->watched))
    return;
  s->wanted = wanted;
  const auto mask = mask_of(wanted);
  if (mask == 0)
    return stop(*s);
  epoll_event e{};
  e.events = mask;
  e.data.u64 = which;
  s->watched =
    epoll_ctl(epoll_, s->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, s->fd, &e) == 0 || s->watched;
}

void poll_set::remove(id which) {
  auto* s = find(which);
  if (s == nullptr)
    return;
  stop(*s);
  s->used = false;
  s->wanted = {};
  s->ready = nullptr;
  free_.push_back(static_cast<std::uint32_t>(which));
}

void poll_set::stop(slot& s) {
  if (std::exchange(s.watched, false))
    epoll_ctl(epoll_, EPOLL_CTL_DEL, s.fd, nullptr);
}

void poll_set::tell() {
  std::array<epoll_event, told_at_once> there;
  const int n = epoll_wait(epoll_, there.data(), there.size(), 0);
  for (int i = 0; i < n; ++i)
    tell(there[static_cast<std::size_t>(i)].data.u64, there[static_cast<std::size_t>(i)].events);
}

/// A descriptor in error is told once, with all that is wanted, and not watched any more.
void poll_set::tell(id which, std::uint32_t there) {
  auto* s = find(which);
  if (s == nullptr)
    return; // what was told before has removed it
  const auto wanted = s->wanted;
  const bool broken = (there & EPOLLERR) != 0;
  const bool hung_up = (there & EPOLLHUP) != 0;
  if (broken)
    stop(*s);
  const descriptor_events is{wanted.read && (broken || hung_up || (there & EPOLLIN) != 0),
                             wanted.write && (broken || hung_up || (there & EPOLLOUT) != 0)};
  auto ready = std::move(s->ready); // it may remove itself, and others may move it
  ready(is);
  if (auto* still = find(which))
    still->ready = std::move(ready);
}

} // namespace reeve::io
