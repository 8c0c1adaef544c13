#include "http/front/connection.hpp"

#include "io/loop/loop.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace reeve::http {

namespace {

// A client that pipelines thousands of requests must not hold the loop.
constexpr int requests_per_turn = 16;

constexpr std::size_t longest_farewell = 1024 * 1024;

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

uv_handle_t* as_handle(uv_tcp_t& socket) {
  return reinterpret_cast<uv_handle_t*>(&socket);
}

uv_stream_t* as_stream(uv_tcp_t& socket) {
  return reinterpret_cast<uv_stream_t*>(&socket);
}

uv_buf_t buffer_of(std::string_view text) {
  return uv_buf_init(const_cast<char*>(text.data()), static_cast<unsigned>(text.size()));
}

} // namespace

front_context::front_context(io::loop& l, front_limits limits)
    : loop{l}, limits{limits}, roster{this->limits} {
}

void front_context::arm(const std::shared_ptr<front_context>& self) {
  const auto next = roster.next_deadline();
  if (!next || (timer != 0 && armed <= *next))
    return; // ringing too early is harmless
  loop.cancel(timer);
  armed = *next;
  timer = loop.call_at(armed, [weak = std::weak_ptr{self}] {
    const auto c = weak.lock();
    if (!c)
      return;
    c->timer = 0;
    while (auto* late = c->roster.overdue(c->loop.now()))
      late->on_deadline();
    c->arm(c);
  });
}

connection::connection(context shared) : shared_{std::move(shared)}, parser_{shared_->limits} {
}

void connection::open(context shared, int fd) {
  auto c = std::make_shared<connection>(shared);
  uv_tcp_init(shared->loop.raw(), &c->socket_);
  c->socket_.data = c.get();
  c->self_ = c;
  c->open_ = true;
  c->client_ = peer::of(fd);
  c->place_ = shared->roster.add(*c, shared->loop.now());
  if (uv_tcp_open(&c->socket_, fd) != 0) {
    ::close(fd);
    c->close();
    return;
  }
  uv_tcp_nodelay(&c->socket_, 1);
  c->start_reading();
  shared->arm(shared);
}

void connection::close() {
  if (!open_)
    return;
  open_ = false;
  ++serial_;
  shared_->unsent -= std::exchange(unsent_, 0);
  shared_->roster.remove(place_);
  parts_ = nullptr;
  uv_close(as_handle(socket_), [](uv_handle_t* h) {
    const auto last = std::move(static_cast<connection*>(h->data)->self_);
  });
  if (const auto gone = std::exchange(stream_gone_, nullptr))
    gone();
}

void connection::on_deadline() {
  if (at() == phase::reading)
    refuse({408, "too_slow", "the request did not arrive in time"});
  else if (at() == phase::answering)
    send(serial_, error_answer(503, "no_answer", "the daemon did not answer in time"));
  else
    close();
}

void connection::enter(phase p) {
  shared_->roster.move(place_, p, shared_->loop.now());
  shared_->arm(shared_);
}

bool connection::takes_input() const {
  return open_ && !yielded_ && (at() == phase::idle || at() == phase::reading);
}

void connection::start_reading() {
  if (!open_ || input_ended_ || std::exchange(reading_, true))
    return;
  uv_read_start(
    as_stream(socket_),
    [](uv_handle_t* h, std::size_t, uv_buf_t* buffer) {
      auto& room = static_cast<connection*>(h->data)->shared_->read_buffer;
      *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
    },
    [](uv_stream_t* s, ssize_t n, const uv_buf_t*) {
      static_cast<connection*>(s->data)->on_read(n);
    });
}

void connection::stop_reading() {
  if (open_ && std::exchange(reading_, false))
    uv_read_stop(as_stream(socket_));
}

void connection::on_read(ssize_t n) {
  if (n == UV_EOF)
    on_end_of_input();
  else if (n < 0)
    close();
  else if (n > 0)
    consume({shared_->read_buffer.data(), static_cast<std::size_t>(n)});
}

// A client may end its side and still wait for the answer it asked for.
void connection::on_end_of_input() {
  input_ended_ = true;
  stop_reading();
  const bool answer_pends = at() == phase::answering || at() == phase::writing || yielded_;
  if (!answer_pends || at() == phase::lingering)
    close();
}

void connection::consume(std::string_view bytes) {
  if (at() == phase::lingering) {
    lingered_ += bytes.size();
    if (lingered_ > longest_farewell)
      close();
    return;
  }
  const bool was_yielded = yielded_;
  working_ = true;
  for (int handled = 0; !bytes.empty() && takes_input();) {
    if (at() == phase::idle)
      enter(phase::reading);
    bytes.remove_prefix(parser_.feed(bytes));
    if (const auto& refused = parser_.refused())
      refuse(*refused);
    else if (parser_.take_expectation()) {
      const auto buffer = buffer_of(go_on);
      if (uv_try_write(as_stream(socket_), &buffer, 1) != static_cast<int>(go_on.size()))
        close();
    } else if (parser_.complete()) {
      yielded_ = ++handled == requests_per_turn && !bytes.empty();
      dispatch();
    }
  }
  working_ = false;
  if (!open_ || at() == phase::lingering)
    return;
  input_.append(bytes);
  if (input_.size() > shared_->limits.header_bytes)
    stop_reading();
  if (yielded_ && !was_yielded)
    shared_->loop.post([weak = weak_from_this()] {
      const auto c = weak.lock();
      if (!c)
        return;
      c->yielded_ = false;
      c->resume();
    });
}

/// After an answer: what came in the meantime is next.
void connection::resume() {
  if (!takes_input() || working_)
    return;
  if (!input_.empty())
    consume(std::exchange(input_, {}));
  if (!takes_input())
    return;
  if (input_ended_)
    close();
  else
    start_reading();
}

void connection::dispatch() {
  auto r = parser_.take();
  r.client = client_;
  asked_ = std::chrono::steady_clock::now();
  method_ = r.method;
  minor_version_ = r.minor_version;
  keep_ = r.keep_alive;
  enter(phase::answering);
  const auto serial = ++serial_;
  if (shared_->handle)
    shared_->handle(r, [weak = weak_from_this(), serial](answer a) {
      if (const auto c = weak.lock())
        c->send(serial, std::move(a));
    });
}

void connection::refuse(const request_parser::refusal& why) {
  asked_ = std::chrono::steady_clock::now();
  method_ = parser_.method();
  keep_ = false;
  enter(phase::answering);
  send(++serial_, error_answer(why.status, why.code, why.message));
}

void connection::send(std::uint64_t serial, answer a) {
  if (!open_ || serial != serial_ || at() != phase::answering)
    return;
  note(a);
  auto head = head_of(a);
  if (a.producer)
    begin_stream(std::move(head), a);
  else if (a.parts)
    begin_parts(std::move(head), std::move(a));
  else
    write_answer(std::move(head), std::move(a));
}

void connection::note(const answer& a) {
  if (!shared_->answered)
    return;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
    std::chrono::steady_clock::now() - asked_);
  shared_->answered(method_label(method_), a.endpoint, a.status, took);
}

std::string connection::head_of(const answer& a) {
  const bool of_unknown_size = a.producer || a.parts;
  keep_ = keep_ && !(of_unknown_size && minor_version_ == 0); // its end is the connection's
  std::string head;
  head.reserve(256);
  head.append("HTTP/1.1 ").append(std::to_string(a.status)).append(1, ' ');
  head.append(http_status_str(static_cast<http_status>(a.status))).append("\r\n");
  auto line = [&](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  line("Content-Type", a.content_type);
  if (!of_unknown_size)
    line("Content-Length",
         std::to_string((a.shared ? a.shared->size() : std::size_t{0}) + a.body.size()));
  else if (minor_version_ == 1)
    line("Transfer-Encoding", "chunked");
  line("Cache-Control", "no-store");
  line("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : a.headers)
    line(name, value);
  if (!keep_)
    line("Connection", "close");
  else if (minor_version_ == 0)
    line("Connection", "keep-alive");
  return head.append("\r\n");
}

std::array<std::string_view, 3> connection::outgoing() const {
  return {out_head_, out_shared_ ? std::string_view{*out_shared_} : std::string_view{}, out_body_};
}

void connection::write_answer(std::string head, answer a) {
  out_head_ = std::move(head);
  if (method_ != "HEAD") {
    out_shared_ = std::move(a.shared);
    out_body_ = std::move(a.body);
  }
  const auto parts = outgoing();
  const std::array buffers{buffer_of(parts[0]), buffer_of(parts[1]), buffer_of(parts[2])};
  const auto total = buffers[0].len + buffers[1].len + buffers[2].len;
  const int sent = uv_try_write(as_stream(socket_), buffers.data(), buffers.size());
  if (sent == static_cast<int>(total))
    written();
  else if (sent >= 0 || sent == UV_EAGAIN)
    wait_for_reader(static_cast<std::size_t>(std::max(sent, 0)), total);
  else
    close();
}

void connection::wait_for_reader(std::size_t sent, std::size_t total) {
  enter(phase::writing);
  const auto left = total - sent;
  std::array<uv_buf_t, 3> rest;
  unsigned count = 0;
  for (auto part : outgoing()) {
    const auto skipped = std::min(sent, part.size());
    sent -= skipped;
    part.remove_prefix(skipped);
    if (!part.empty())
      rest[count++] = buffer_of(part);
  }
  write_.data = this;
  uv_write(&write_, as_stream(socket_), rest.data(), count, [](uv_write_t* w, int problem) {
    auto& c = *static_cast<connection*>(w->data);
    if (c.open_ && problem == 0)
      c.written();
    else
      c.close();
  });
  owe(left);
}

/// Memory is for those who take their answers.
void connection::owe(std::size_t bytes) {
  unsent_ += bytes;
  shared_->unsent += bytes;
  while (shared_->unsent > shared_->limits.unsent_bytes)
    if (auto* slowest = shared_->roster.slowest_reader())
      slowest->close();
    else
      break;
}

void connection::written() {
  shared_->unsent -= std::exchange(unsent_, 0);
  out_head_ = {};
  out_shared_ = nullptr;
  out_body_ = {};
  if (!keep_) {
    linger();
    return;
  }
  enter(phase::idle);
  if (!working_)
    resume();
}

// Closing over unread bytes would make the kernel take the answer back.
void connection::linger() {
  input_ = {};
  if (input_ended_) {
    close();
    return;
  }
  enter(phase::lingering);
  uv_shutdown(&shutdown_, as_stream(socket_), [](uv_shutdown_t*, int) {});
  start_reading();
}

} // namespace reeve::http
