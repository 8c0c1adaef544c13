#include "io/names/name_channel.hpp"

#include "io/loop/loop.hpp"

#define CARES_NO_DEPRECATED // its newer calls are not in Debian 12
#include <ares.h>
#include <arpa/nameser.h>
#include <uv.h>

#include <memory>
#include <mutex>
#include <utility>

namespace reeve::io {

using std::chrono::milliseconds;

struct name_channel::socket_watch {
  uv_poll_t handle{};
  name_channel* owner = nullptr;
  int socket = -1;
  int events = 0;

  void listen();
  void ready(int status, int found) const;
};

namespace {

std::string joined(const std::vector<std::string>& addresses) {
  std::string all;
  for (const auto& a : addresses)
    all += (all.empty() ? "" : ",") + a;
  return all;
}

} // namespace

name_channel::name_channel(loop& l, const name_servers& servers) : home_{l} {
  static std::once_flag once;
  std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
  std::string lookups = "b"; // the hosts file is read by ourselves: c-ares reads it each time
  std::string resolv_conf = servers.resolv_conf.empty() ? "/dev/null" : servers.resolv_conf;
  ares_options options{};
  options.flags = servers.take_refusals ? ARES_FLAG_NOCHECKRESP : 0;
  options.timeout = static_cast<int>(servers.first_try.count());
  options.tries = servers.tries;
  options.lookups = lookups.data();
  options.resolvconf_path = resolv_conf.data();
  options.sock_state_cb = &socket_changed;
  options.sock_state_cb_data = this;
  int given = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS
              | ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB;
#ifdef ARES_OPT_QUERY_CACHE
  given |= ARES_OPT_QUERY_CACHE; // for no time at all
#endif
  if (ares_init_options(&channel_, &options, given) != ARES_SUCCESS) {
    channel_ = nullptr;
    return;
  }
  // c-ares takes no ports from resolv.conf. What it does not understand here, it has
  // from there.
  ares_set_servers_ports_csv(channel_, joined(servers.addresses).c_str());
}

name_channel::~name_channel() {
  if (channel_ != nullptr)
    ares_destroy(channel_);
  home_.cancel(timer_);
}

void name_channel::socket_changed(void* self, int socket, int readable, int writable) {
  auto& c = *static_cast<name_channel*>(self);
  auto known = c.sockets_.find(socket);
  if (readable == 0 && writable == 0) {
    if (known == c.sockets_.end())
      return;
    auto* w = known->second;
    c.sockets_.erase(known);
    uv_close(reinterpret_cast<uv_handle_t*>(&w->handle),
             [](uv_handle_t* h) { delete static_cast<socket_watch*>(h->data); });
    return;
  }
  if (known == c.sockets_.end()) {
    auto w = std::make_unique<socket_watch>();
    w->owner = &c;
    w->socket = socket;
    w->handle.data = w.get();
    if (uv_poll_init(c.home_.raw(), &w->handle, socket) != 0)
      return; // its queries time out
    known = c.sockets_.emplace(socket, w.release()).first;
  }
  known->second->events = (readable != 0 ? UV_READABLE : 0) | (writable != 0 ? UV_WRITABLE : 0);
  known->second->listen();
}

void name_channel::socket_watch::listen() {
  uv_poll_start(&handle, events, [](uv_poll_t* h, int status, int found) {
    auto& w = *static_cast<socket_watch*>(h->data);
    if (status < 0)
      w.listen(); // libuv has stopped; c-ares sees what is wrong, and may go on
    w.ready(status, found);
  });
}

void name_channel::socket_watch::ready(int status, int found) const {
  const auto is = [&](int event) { return status < 0 || (found & event) != 0; };
  owner->process(is(UV_READABLE) ? socket : ARES_SOCKET_BAD,
                 is(UV_WRITABLE) ? socket : ARES_SOCKET_BAD);
}

void name_channel::process(int readable, int writable) {
  ares_process_fd(channel_, readable, writable);
  set_timer();
}

void name_channel::set_timer() {
  home_.cancel(std::exchange(timer_, 0));
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr)
    return;
  const auto until = std::chrono::seconds{left.tv_sec} + std::chrono::microseconds{left.tv_usec};
  timer_ = home_.call_after(std::chrono::ceil<milliseconds>(until), [this] {
    timer_ = 0;
    process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

void name_channel::ask(const std::string& name, int type, answered done) {
  struct question {
    loop& home;
    answered done;
  };
  ares_query(
    channel_, name.c_str(), ns_c_in, type,
    [](void* asked, int status, int, unsigned char* message, int size) {
      const std::unique_ptr<question> q{static_cast<question*>(asked)};
      std::string copy;
      if (message != nullptr && size > 0)
        copy.assign(reinterpret_cast<const char*>(message), static_cast<std::size_t>(size));
      q->home.post(
        [done = std::move(q->done), status, copy = std::move(copy)] { done(status, copy); });
    },
    new question{home_, std::move(done)});
  set_timer();
}

} // namespace reeve::io
