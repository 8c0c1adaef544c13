// curl_loop COUNT INTERVAL_MS PORT: a fresh GET of each of COUNT hosts (127.1.0.0 and on) in each
// interval, by libcurl on libuv and nothing else. What HTTP checks cannot be cheaper than.

#include <curl/curl.h>
#include <sys/resource.h>
#include <uv.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace {

constexpr std::size_t multis = 32; // libcurl's cost grows with the hosts of a multi handle
constexpr std::uint64_t tick_ms = 10;

struct shard {
  CURLM* multi = nullptr;
  uv_timer_t timer{};
};

struct watch {
  uv_poll_t poll{};
  shard* home = nullptr;
  curl_socket_t socket = -1;
};

std::array<shard, multis> shards;
std::vector<CURL*> spare;

void collect(shard& s) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(s.multi, &left)) {
    if (message->msg != CURLMSG_DONE)
      continue;
    auto* easy = message->easy_handle;
    curl_multi_remove_handle(s.multi, easy);
    spare.push_back(easy);
  }
}

void act(shard& s, curl_socket_t socket, int what) {
  int running = 0;
  curl_multi_socket_action(s.multi, socket, what, &running);
  collect(s);
}

int on_timer(CURLM*, long ms, void* self) {
  auto& s = *static_cast<shard*>(self);
  if (ms < 0)
    return uv_timer_stop(&s.timer);
  return uv_timer_start(
    &s.timer, [](uv_timer_t* t) { act(*static_cast<shard*>(t->data), CURL_SOCKET_TIMEOUT, 0); },
    static_cast<std::uint64_t>(ms), 0);
}

void on_ready(uv_poll_t* p, int status, int events) {
  auto& w = *static_cast<watch*>(p->data);
  if (status < 0)
    events = UV_READABLE | UV_WRITABLE;
  act(*w.home, w.socket,
      ((events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0)
        | ((events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0));
}

int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  auto& s = *static_cast<shard*>(self);
  auto* w = static_cast<watch*>(known);
  if (what == CURL_POLL_REMOVE) {
    curl_multi_assign(s.multi, socket, nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&w->poll),
             [](uv_handle_t* h) { delete static_cast<watch*>(h->data); });
    return 0;
  }
  if (w == nullptr) {
    w = new watch{{}, &s, socket};
    uv_poll_init_socket(uv_default_loop(), &w->poll, socket);
    w->poll.data = w;
    curl_multi_assign(s.multi, socket, w);
  }
  return uv_poll_start(&w->poll,
                       ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0)
                         | ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0),
                       on_ready);
}

void open_shards() {
  for (auto& s : shards) {
    s.multi = curl_multi_init();
    s.timer.data = &s;
    uv_timer_init(uv_default_loop(), &s.timer);
    curl_multi_setopt(s.multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
    curl_multi_setopt(s.multi, CURLMOPT_SOCKETDATA, &s);
    curl_multi_setopt(s.multi, CURLMOPT_TIMERFUNCTION, &on_timer);
    curl_multi_setopt(s.multi, CURLMOPT_TIMERDATA, &s);
  }
}

CURL* take() {
  if (!spare.empty()) {
    auto* easy = spare.back();
    spare.pop_back();
    return easy;
  }
  auto* easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 4'096L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 5'000L);
  curl_easy_setopt(
    easy, CURLOPT_WRITEFUNCTION, +[](char*, std::size_t, std::size_t size, void*) { return size; });
  return easy;
}

/// The services, whose turns are spread evenly over the interval.
struct fleet {
  std::uint64_t count;
  std::uint64_t interval_ms;
  std::string port;
  std::uint64_t began = 0;
  std::uint64_t started = 0;

  void start_due(std::uint64_t now) {
    while (started < (now - began) * count / interval_ms)
      start(started++ % count);
  }

  void start(std::uint64_t i) const {
    const auto host = "127." + std::to_string(1 + i / 65'536) + "." + std::to_string(i / 256 % 256)
                      + "." + std::to_string(i % 256);
    auto* easy = take();
    curl_easy_setopt(easy, CURLOPT_URL, ("http://" + host + ":" + port + "/").c_str());
    curl_multi_add_handle(shards[std::hash<std::string>{}(host) % multis].multi, easy);
  }
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 4)
    return 2;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  open_shards();
  fleet all{std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10), argv[3]};
  all.began = uv_now(uv_default_loop());
  uv_timer_t tick{};
  uv_timer_init(uv_default_loop(), &tick);
  tick.data = &all;
  uv_timer_start(
    &tick, [](uv_timer_t* t) { static_cast<fleet*>(t->data)->start_due(uv_now(t->loop)); }, tick_ms,
    tick_ms);
  return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
