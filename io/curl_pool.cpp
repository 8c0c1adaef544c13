#include "io/curl_pool.hpp"

#include "io/loop.hpp"

#include <sys/resource.h>
#include <uv.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace reeve::io {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t most_multis = 32;
constexpr std::size_t spare_handles = 64;
/// What transfers may take of one turn of the loop. A TLS handshake takes 1 ms, and
/// a hundred may be answered in one turn.
constexpr milliseconds turn_share{4};

std::size_t descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

/// Each keeps two descriptors.
std::size_t multis() {
  return std::clamp<std::size_t>(descriptor_limit() / 64, 1, most_multis);
}

} // namespace

struct curl_pool::state {
  /// One multi handle.
  struct shard {
    state* pool = nullptr;
    CURLM* multi = nullptr;
    loop::timer_id timer = 0;
    loop::timer_id read_timer = 0; ///< transfers may have ended as they began
  };
  struct socket_watch {
    uv_poll_t handle{};
    shard* home = nullptr;
    curl_socket_t socket = -1;
    int events = 0;             ///< libcurl waits for
    std::uint64_t deferred = 0; ///< its place among those; 0: it is not
    int ready = 0;              ///< while it is
  };
  struct transfer {
    shard* home = nullptr;
    completion done;
  };

  loop& home;
  std::vector<shard> shards;
  std::size_t most_kept = descriptor_limit() / 2; ///< connections, idle ones too
  std::unordered_map<CURL*, transfer> transfers;
  std::vector<CURL*> spare;
  std::map<std::uint64_t, socket_watch*> deferred; ///< ready, and not listened to meanwhile
  std::uint64_t last_deferred = 0;
  loop::timer_id go_on_timer = 0;
  std::uint64_t this_turn = 0;
  clock::duration spent{0};

  shard& shard_of(std::string_view host);
  static void listen_to(socket_watch& w);
  void socket_ready(socket_watch& w, int status, int events);
  bool turn_is_spent();
  void defer(socket_watch& w, int events);
  void go_on();
  void serve(socket_watch& w, int events);
  void act(shard& s, curl_socket_t socket, int what);
  void read_ends(shard& s);
  void finish(CURL* easy, CURLcode code);

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* watch);
  static int on_timer(CURLM*, long ms, void* self);
};

curl_pool::state::shard& curl_pool::state::shard_of(std::string_view host) {
  auto& s = shards[std::hash<std::string_view>{}(host) % shards.size()];
  if (s.multi == nullptr) {
    s.pool = this;
    s.multi = curl_multi_init();
    curl_multi_setopt(s.multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
    curl_multi_setopt(s.multi, CURLMOPT_SOCKETDATA, &s);
    curl_multi_setopt(s.multi, CURLMOPT_TIMERFUNCTION, &on_timer);
    curl_multi_setopt(s.multi, CURLMOPT_TIMERDATA, &s);
    curl_multi_setopt(s.multi, CURLMOPT_MAXCONNECTS,
                      static_cast<long>(std::max<std::size_t>(8, most_kept / shards.size())));
  }
  return s;
}

int curl_pool::state::on_timer(CURLM*, long ms, void* self) {
  auto& s = *static_cast<shard*>(self);
  auto& l = s.pool->home;
  l.cancel(s.timer);
  s.timer = ms < 0 ? 0 : l.call_after(milliseconds{ms}, [&s] {
    s.timer = 0;
    s.pool->act(s, CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

int curl_pool::state::on_socket(CURL*, curl_socket_t socket, int what, void* self, void* watch) {
  auto& s = *static_cast<shard*>(self);
  auto* w = static_cast<socket_watch*>(watch);
  if (what == CURL_POLL_REMOVE) {
    if (w != nullptr) {
      curl_multi_assign(s.multi, socket, nullptr);
      s.pool->deferred.erase(w->deferred);
      uv_close(reinterpret_cast<uv_handle_t*>(&w->handle),
               [](uv_handle_t* h) { delete static_cast<socket_watch*>(h->data); });
    }
    return 0;
  }
  if (w == nullptr) {
    w = new socket_watch{{}, &s, socket};
    if (uv_poll_init_socket(s.pool->home.raw(), &w->handle, socket) != 0) {
      delete w;
      return -1;
    }
    w->handle.data = w;
    curl_multi_assign(s.multi, socket, w);
  }
  w->events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0)
              | ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
  if (w->deferred == 0)
    listen_to(*w);
  return 0;
}

void curl_pool::state::listen_to(socket_watch& w) {
  uv_poll_start(&w.handle, w.events, [](uv_poll_t* h, int status, int ready) {
    auto& watch = *static_cast<socket_watch*>(h->data);
    watch.home->pool->socket_ready(watch, status, ready);
  });
}

void curl_pool::state::socket_ready(socket_watch& w, int status, int events) {
  if (status < 0) {
    // libuv has stopped listening; libcurl finds out what is wrong by reading.
    listen_to(w);
    events = UV_READABLE | UV_WRITABLE;
  }
  if (!deferred.empty() || turn_is_spent())
    return defer(w, events);
  serve(w, events);
}

bool curl_pool::state::turn_is_spent() {
  if (const auto turn = home.turn(); turn != this_turn) {
    this_turn = turn;
    spent = clock::duration{0};
  }
  return spent > turn_share;
}

/// It is not listened to: libuv asks again and again within one turn when very many are
/// ready.
void curl_pool::state::defer(socket_watch& w, int events) {
  uv_poll_stop(&w.handle);
  w.ready = events;
  w.deferred = ++last_deferred;
  deferred.emplace(w.deferred, &w);
  if (go_on_timer == 0)
    go_on_timer = home.call_after(milliseconds{0}, [this] { go_on(); });
}

void curl_pool::state::go_on() {
  go_on_timer = 0;
  while (!deferred.empty() && !turn_is_spent()) {
    auto& w = *deferred.extract(deferred.begin()).mapped();
    w.deferred = 0;
    listen_to(w);
    serve(w, w.ready);
  }
  if (!deferred.empty())
    go_on_timer = home.call_after(milliseconds{0}, [this] { go_on(); });
}

/// May be its end.
void curl_pool::state::serve(socket_watch& w, int events) {
  const auto began = clock::now();
  const int what = ((events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0)
                   | ((events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0);
  act(*w.home, w.socket, what);
  spent += clock::now() - began;
}

void curl_pool::state::act(shard& s, curl_socket_t socket, int what) {
  int still_running = 0;
  curl_multi_socket_action(s.multi, socket, what, &still_running);
  read_ends(s);
}

void curl_pool::state::read_ends(shard& s) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(s.multi, &left))
    if (message->msg == CURLMSG_DONE)
      finish(message->easy_handle, message->data.result);
}

void curl_pool::state::finish(CURL* easy, CURLcode code) {
  const auto found = transfers.find(easy);
  if (found == transfers.end())
    return;
  const auto t = std::move(found->second);
  transfers.erase(found);
  curl_multi_remove_handle(t.home->multi, easy);
  if (t.done)
    t.done(code);
}

curl_pool::curl_pool(loop& l) : state_{new state{l, std::vector<state::shard>(multis())}} {
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

curl_pool::~curl_pool() {
  state_->home.cancel(state_->go_on_timer);
  for (auto* easy : state_->spare)
    curl_easy_cleanup(easy);
  for (auto& s : state_->shards) {
    curl_multi_cleanup(s.multi); // lets go of the sockets, deferred ones too
    state_->home.cancel(s.timer);
    state_->home.cancel(s.read_timer);
  }
}

CURL* curl_pool::take() {
  auto& spare = state_->spare;
  if (spare.empty())
    return curl_easy_init();
  auto* easy = spare.back();
  spare.pop_back();
  return easy;
}

void curl_pool::start(CURL* easy, std::string_view host, clock::time_point deadline,
                      completion done) {
  auto& home = state_->shard_of(host);
  state_->transfers[easy] = {&home, std::move(done)};
  const auto left = std::chrono::ceil<milliseconds>(deadline - clock::now());
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max(left, milliseconds{1}).count()));
  curl_multi_add_handle(home.multi, easy);
  // Connects now, in the time of whoever starts it: all that were started in a turn would
  // do so at once otherwise.
  int running = 0;
  curl_multi_socket_action(home.multi, CURL_SOCKET_TIMEOUT, 0, &running);
  if (home.read_timer == 0)
    home.read_timer = state_->home.call_after(milliseconds{0}, [this, &home] {
      home.read_timer = 0;
      state_->read_ends(home);
    });
}

void curl_pool::put_back(CURL* easy) {
  auto& s = *state_;
  if (const auto found = s.transfers.find(easy); found != s.transfers.end()) {
    found->second.done = nullptr;
    s.finish(easy, CURLE_OK);
  }
  if (s.spare.size() >= spare_handles)
    return curl_easy_cleanup(easy);
  curl_easy_reset(easy);
  s.spare.push_back(easy);
}

} // namespace reeve::io
