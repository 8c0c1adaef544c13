#include "io/net/curl_pool.hpp"

#include "io/loop/descriptor.hpp"
#include "io/loop/loop.hpp"
#include "io/net/curl_memory.hpp"

#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace reeve::io {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t most_multis = 32;
constexpr std::size_t spare_handles = 64;
/// Of one turn of the loop, for sockets that are ready: a TLS handshake takes 1 ms, and a
/// hundred may be answered in one turn.
constexpr milliseconds most_for_sockets{4};
constexpr std::size_t sockets_at_once = 16;
constexpr auto never = clock::time_point::max();

std::size_t descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

/// Each keeps two descriptors.
std::size_t multis() {
  return std::clamp<std::size_t>(descriptor_limit() / 64, 1, most_multis);
}

/// Those of all multi handles are watched by one descriptor, which is what the loop watches:
/// libuv takes more than twice the system calls for each socket.
descriptor watch_of_sockets() {
  descriptor made{epoll_create1(EPOLL_CLOEXEC)};
  if (!made)
    throw std::runtime_error("cannot watch transfers: no file descriptors left?");
  return made;
}

int select_bits(std::uint32_t events) {
  const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0; // libcurl finds out how
  return (broken || (events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0)
         | (broken || (events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0);
}

} // namespace

struct curl_pool::state {
  /// One multi handle.
  struct shard {
    state* pool = nullptr;
    CURLM* multi = nullptr;
    int under_way = 0;             ///< transfers
    clock::time_point due = never; ///< libcurl wants to be called
    clock::time_point armed;       ///< what the timer is set to
    loop::timer_id timer = 0;
    loop::timer_id read_timer = 0; ///< transfers have ended as they began
  };
  /// What an easy handle points to.
  struct transfer {
    shard* home = nullptr; ///< null: it does not run
    completion done;
  };

  loop& home;
  void (*prepare)(CURL*);
  std::vector<shard> shards;
  std::size_t most_kept = descriptor_limit() / 2; ///< connections, idle ones too
  std::vector<CURL*> spare;
  descriptor sockets = watch_of_sockets();
  std::array<epoll_event, sockets_at_once> ready{}; ///< of the sockets
  read_watch watch{home, sockets.get(), [this] { serve_sockets(); }};

  shard& shard_of(std::string_view host);
  static transfer& transfer_of(CURL* easy);
  CURL* make();
  void reset(CURL* easy, transfer& t) const;
  void arm(shard& s);
  void serve_sockets();
  void act(shard& s, curl_socket_t socket, int what);
  void read_ends(shard& s);
  static void finish(CURL* easy, CURLcode code);
  void clean_up(CURL* easy);

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known);
  static int on_timer(CURLM*, long ms, void* self);
};

curl_pool::state::transfer& curl_pool::state::transfer_of(CURL* easy) {
  transfer* t = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
  return *t;
}

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
  static_cast<shard*>(self)->due = ms < 0 ? never : clock::now() + milliseconds{ms};
  return 0;
}

/// To be called after libcurl was. A timer that comes too early is cheaper than one that is
/// set anew for each transfer.
void curl_pool::state::arm(shard& s) {
  if (s.due == never || (s.timer != 0 && s.armed <= s.due))
    return;
  home.cancel(s.timer);
  s.armed = s.due;
  s.timer = home.call_at(s.due, [this, &s] {
    s.timer = 0;
    if (s.due > clock::now())
      return arm(s);
    s.due = never; // libcurl says it anew
    act(s, CURL_SOCKET_TIMEOUT, 0);
  });
}

int curl_pool::state::on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  auto& s = *static_cast<shard*>(self);
  auto& pool = *s.pool;
  epoll_event wanted{};
  wanted.events = ((what & CURL_POLL_IN) != 0 ? std::uint32_t{EPOLLIN} : 0)
                  | ((what & CURL_POLL_OUT) != 0 ? std::uint32_t{EPOLLOUT} : 0);
  const auto number = static_cast<std::uint64_t>(&s - pool.shards.data());
  wanted.data.u64 = number << 32 | static_cast<std::uint32_t>(socket);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(pool.sockets.get(), EPOLL_CTL_DEL, socket, nullptr);
    curl_multi_assign(s.multi, socket, nullptr);
    for (auto& event : pool.ready) // it may have been the old socket of this number that was
      if (event.data.u64 == wanted.data.u64)
        event.events = 0;
    return 0;
  }
  curl_multi_assign(s.multi, socket, &s);
  return epoll_ctl(pool.sockets.get(), known != nullptr ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket,
                   &wanted);
}

/// Those whose turn does not come are told again in the next, behind others.
void curl_pool::state::serve_sockets() {
  const auto until = clock::now() + most_for_sockets;
  int count = 0;
  do {
    count = epoll_wait(sockets.get(), ready.data(), static_cast<int>(ready.size()), 0);
    for (int i = 0; i < count && clock::now() < until; ++i) {
      const auto& event = ready[static_cast<std::size_t>(i)];
      if (const int what = select_bits(event.events); what != 0)
        act(shards[event.data.u64 >> 32], static_cast<curl_socket_t>(event.data.u64 & 0xffffffff),
            what);
    }
  } while (count == static_cast<int>(ready.size()) && clock::now() < until);
}

/// May be the end of transfers.
void curl_pool::state::act(shard& s, curl_socket_t socket, int what) {
  int still_running = 0;
  curl_multi_socket_action(s.multi, socket, what, &still_running);
  if (still_running < s.under_way)
    read_ends(s);
  arm(s);
}

void curl_pool::state::read_ends(shard& s) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(s.multi, &left))
    if (message->msg == CURLMSG_DONE)
      finish(message->easy_handle, message->data.result);
}

void curl_pool::state::finish(CURL* easy, CURLcode code) {
  auto& t = transfer_of(easy);
  auto* home = std::exchange(t.home, nullptr);
  if (home == nullptr)
    return;
  const auto done = std::exchange(t.done, nullptr);
  --home->under_way;
  curl_multi_remove_handle(home->multi, easy);
  if (done)
    done(code);
}

CURL* curl_pool::state::make() {
  auto* easy = curl_easy_init();
  if (easy != nullptr)
    reset(easy, *new transfer);
  return easy;
}

void curl_pool::state::reset(CURL* easy, transfer& t) const {
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &t);
  prepare(easy);
}

void curl_pool::state::clean_up(CURL* easy) {
  delete &transfer_of(easy);
  curl_easy_cleanup(easy);
}

curl_pool::curl_pool(loop& l, void (*prepare)(CURL*))
    : state_{new state{l, prepare, std::vector<state::shard>(multis())}} {
  set_up_curl();
}

curl_pool::~curl_pool() {
  for (auto* easy : state_->spare)
    state_->clean_up(easy);
  for (auto& s : state_->shards) {
    curl_multi_cleanup(s.multi); // lets go of the sockets
    state_->home.cancel(s.timer);
    state_->home.cancel(s.read_timer);
  }
}

CURL* curl_pool::take() {
  auto& spare = state_->spare;
  if (spare.empty())
    return state_->make();
  auto* easy = spare.back();
  spare.pop_back();
  return easy;
}

void curl_pool::start(CURL* easy, std::string_view host, clock::time_point deadline,
                      completion done) {
  auto& home = state_->shard_of(host);
  state::transfer_of(easy) = {&home, std::move(done)};
  const auto left = std::chrono::ceil<milliseconds>(deadline - clock::now());
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max(left, milliseconds{1}).count()));
  ++home.under_way;
  curl_multi_add_handle(home.multi, easy);
  // Connects now, in the time of whoever starts it: all that were started in a turn would
  // do so at once otherwise.
  int running = 0;
  curl_multi_socket_action(home.multi, CURL_SOCKET_TIMEOUT, 0, &running);
  state_->arm(home);
  if (running < home.under_way && home.read_timer == 0)
    home.read_timer = state_->home.call_after(milliseconds{0}, [this, &home] {
      home.read_timer = 0;
      state_->read_ends(home);
    });
}

void curl_pool::put_back(CURL* easy, bool as_prepared) {
  auto& s = *state_;
  auto& t = state::transfer_of(easy);
  t.done = nullptr;
  state::finish(easy, CURLE_OK);
  if (s.spare.size() >= spare_handles)
    return s.clean_up(easy);
  if (!as_prepared)
    s.reset(easy, t);
  s.spare.push_back(easy);
}

} // namespace reeve::io
