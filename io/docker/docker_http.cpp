#include "io/docker/docker_http.hpp"

#include "io/docker/docker_api.hpp"
#include "io/loop/line_splitter.hpp"
#include "io/loop/loop.hpp"
#include "io/net/curl_memory.hpp"

#include <curl/curl.h>
#include <uv.h>

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

namespace reeve::io {

namespace {

constexpr std::size_t questions_at_once = 8;
constexpr long connect_timeout_ms = 5'000;

struct transfer {
  CURL* easy = nullptr;
  docker_http::answer reply;
  docker_http::completion done;
  bool question = false;
  bool is_stream = false;
  bool too_long = false;
  // Of a stream:
  docker_http::stream_hooks hooks;
  bool opened = false;
  line_splitter splitter{docker_http::longest_line};
  std::vector<std::string> lines; // to be given when curl has returned

  ~transfer() {
    curl_easy_cleanup(easy);
  }
};

struct waiting_question {
  std::string path;
  std::chrono::milliseconds timeout;
  docker_http::completion done;
};

std::size_t on_data(char* data, std::size_t, std::size_t size, void* user) {
  auto& t = *static_cast<transfer*>(user);
  long status = 0;
  curl_easy_getinfo(t.easy, CURLINFO_RESPONSE_CODE, &status);
  if (t.is_stream && status == 200) {
    t.splitter.feed({data, size}, [&](std::string_view line) { t.lines.emplace_back(line); });
    return size;
  }
  t.too_long = t.reply.body.size() + size > docker_http::longest_body;
  if (t.too_long)
    return 0;
  t.reply.body.append(data, size);
  return size;
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& t = *static_cast<transfer*>(user);
  long status = 0;
  curl_easy_getinfo(t.easy, CURLINFO_RESPONSE_CODE, &status);
  bool last = std::string_view{data, size} == "\r\n";
  t.opened = t.opened || (last && status == 200);
  return size;
}

std::string problem_of(const transfer& t, CURLcode code, const std::string& socket) {
  long os = 0;
  curl_easy_getinfo(t.easy, CURLINFO_OS_ERRNO, &os);
  if (t.too_long)
    return "Docker's answer is too long";
  if (code == CURLE_COULDNT_CONNECT && os != 0)
    return docker_api::unreachable_reason(static_cast<int>(os), socket);
  if (code == CURLE_OPERATION_TIMEDOUT)
    return "Docker does not answer in time at " + socket;
  if (t.is_stream && t.opened)
    return "Docker has ended the connection at " + socket;
  return "Docker does not answer at " + socket + ": " + curl_easy_strerror(code);
}

} // namespace

struct docker_http::state : std::enable_shared_from_this<state> {
  loop& on;
  std::string socket;
  CURLM* multi = nullptr;
  bool closed = false;
  loop::timer_id timer = 0;
  std::unordered_map<CURL*, std::unique_ptr<transfer>> transfers;
  std::size_t questions = 0;
  std::deque<waiting_question> waiting;
  transfer* events = nullptr;

  /// curl's interest in one descriptor. Lives until libuv has closed it.
  struct watched {
    uv_poll_t poll{};
    std::weak_ptr<state> owner;
    curl_socket_t fd = 0;
  };

  state(loop& l, std::string path);
  void close();
  void begin(std::unique_ptr<transfer> t, const std::string& path, const char* method,
             std::chrono::milliseconds timeout);
  void ask_next();
  void act(curl_socket_t fd, int what);
  void give_lines();
  void finish();
  void finish_one(CURL* easy, CURLcode code);

  static int on_socket(CURL*, curl_socket_t fd, int what, void* user, void* known);
  static int on_timer(CURLM*, long ms, void* user);
  static void on_ready(uv_poll_t* poll, int failed, int events);
};

docker_http::state::state(loop& l, std::string path) : on{l}, socket{std::move(path)} {
  set_up_curl();
  multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &state::on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &state::on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
}

void docker_http::state::close() {
  closed = true;
  for (auto& [easy, t] : transfers)
    curl_multi_remove_handle(multi, easy);
  events = nullptr;
  waiting.clear();
  auto dropped = std::exchange(transfers, {});
  curl_multi_cleanup(multi);
  on.cancel(timer);
}

void docker_http::state::begin(std::unique_ptr<transfer> t, const std::string& path,
                               const char* method, std::chrono::milliseconds timeout) {
  t->easy = curl_easy_init();
  auto* e = t->easy;
  curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
  curl_easy_setopt(e, CURLOPT_URL, ("http://docker" + path).c_str());
  curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http");
  curl_easy_setopt(e, CURLOPT_PROXY, "");
  curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
  curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, &on_data);
  curl_easy_setopt(e, CURLOPT_WRITEDATA, t.get());
  curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(e, CURLOPT_HEADERDATA, t.get());
  if (std::string_view{method} == "POST")
    curl_easy_setopt(e, CURLOPT_POSTFIELDS, "");
  if (t->is_stream)
    events = t.get();
  transfers.emplace(e, std::move(t));
  curl_multi_add_handle(multi, e);
}

void docker_http::state::ask_next() {
  while (!waiting.empty() && questions < questions_at_once) {
    auto next = std::move(waiting.front());
    waiting.pop_front();
    ++questions;
    auto t = std::make_unique<transfer>();
    t->done = std::move(next.done);
    t->question = true;
    begin(std::move(t), next.path, "GET", next.timeout);
  }
}

int docker_http::state::on_socket(CURL*, curl_socket_t fd, int what, void* user, void* known) {
  auto& self = *static_cast<state*>(user);
  auto* w = static_cast<watched*>(known);
  if (what == CURL_POLL_REMOVE) {
    curl_multi_assign(self.multi, fd, nullptr);
    if (w)
      uv_close(reinterpret_cast<uv_handle_t*>(&w->poll),
               [](uv_handle_t* h) { delete static_cast<watched*>(h->data); });
    return 0;
  }
  if (!w) {
    auto made = std::make_unique<watched>();
    if (uv_poll_init(self.on.raw(), &made->poll, fd) != 0)
      return -1;
    w = made.release();
    w->owner = self.weak_from_this();
    w->fd = fd;
    w->poll.data = w;
    curl_multi_assign(self.multi, fd, w);
  }
  int interest = 0;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
    interest |= UV_READABLE;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
    interest |= UV_WRITABLE;
  uv_poll_start(&w->poll, interest, &state::on_ready);
  return 0;
}

void docker_http::state::on_ready(uv_poll_t* poll, int failed, int events) {
  auto& w = *static_cast<watched*>(poll->data);
  int what = failed ? CURL_CSELECT_ERR : 0;
  if (events & UV_READABLE)
    what |= CURL_CSELECT_IN;
  if (events & UV_WRITABLE)
    what |= CURL_CSELECT_OUT;
  if (auto self = w.owner.lock(); self && !self->closed)
    self->act(w.fd, what);
}

int docker_http::state::on_timer(CURLM*, long ms, void* user) {
  auto& self = *static_cast<state*>(user);
  self.on.cancel(std::exchange(self.timer, 0));
  if (ms >= 0 && !self.closed)
    self.timer = self.on.call_after(std::chrono::milliseconds{ms}, [weak = self.weak_from_this()] {
      if (auto s = weak.lock(); s && !s->closed) {
        s->timer = 0;
        s->act(CURL_SOCKET_TIMEOUT, 0);
      }
    });
  return 0;
}

/// curl must not be called from within its callbacks, so that all news is given here.
void docker_http::state::act(curl_socket_t fd, int what) {
  auto alive = shared_from_this();
  int running = 0;
  curl_multi_socket_action(multi, fd, what, &running);
  give_lines();
  if (!closed)
    finish();
}

void docker_http::state::give_lines() {
  auto* t = events;
  if (!t)
    return;
  if (t->opened && t->hooks.opened)
    std::exchange(t->hooks.opened, nullptr)();
  while (!closed && events == t && !t->lines.empty()) {
    auto lines = std::exchange(t->lines, {});
    auto give = t->hooks.line;
    for (std::size_t i = 0; i < lines.size() && !closed && events == t; ++i)
      give(lines[i]);
  }
}

void docker_http::state::finish() {
  int left = 0;
  std::vector<std::pair<CURL*, CURLcode>> over;
  while (auto* m = curl_multi_info_read(multi, &left))
    if (m->msg == CURLMSG_DONE)
      over.emplace_back(m->easy_handle, m->data.result);
  for (auto [easy, code] : over)
    if (!closed)
      finish_one(easy, code);
  if (!closed)
    ask_next();
}

void docker_http::state::finish_one(CURL* easy, CURLcode code) {
  auto found = transfers.find(easy);
  if (found == transfers.end())
    return; // its stream was ended meanwhile
  auto t = std::move(found->second);
  transfers.erase(found);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (code == CURLE_OK || (t->is_stream && !t->opened))
    t->reply.status = static_cast<int>(status);
  if (code != CURLE_OK || t->is_stream)
    t->reply.problem = problem_of(*t, code, socket);
  curl_multi_remove_handle(multi, easy);
  if (t->question)
    --questions;
  if (events == t.get())
    events = nullptr;
  auto done = t->is_stream ? std::move(t->hooks.ended) : std::move(t->done);
  auto reply = std::move(t->reply);
  t.reset();
  done(std::move(reply));
}

docker_http::docker_http(loop& l, std::string socket)
    : state_{std::make_shared<state>(l, std::move(socket))} {
}

docker_http::~docker_http() {
  state_->close();
}

void docker_http::get(const std::string& path, std::chrono::milliseconds timeout, completion done) {
  state_->waiting.push_back({path, timeout, std::move(done)});
  state_->ask_next();
}

void docker_http::post(const std::string& path, std::chrono::milliseconds timeout,
                       completion done) {
  auto t = std::make_unique<transfer>();
  t->done = std::move(done);
  state_->begin(std::move(t), path, "POST", timeout);
}

void docker_http::stream(const std::string& path, stream_hooks hooks) {
  end_stream();
  auto t = std::make_unique<transfer>();
  t->hooks = std::move(hooks);
  t->is_stream = true;
  state_->begin(std::move(t), path, "GET", std::chrono::milliseconds{0});
}

void docker_http::end_stream() {
  auto* t = std::exchange(state_->events, nullptr);
  if (!t)
    return;
  curl_multi_remove_handle(state_->multi, t->easy);
  state_->transfers.erase(t->easy);
}

} // namespace reeve::io
