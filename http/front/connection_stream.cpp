#include "http/front/connection.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace reeve::http {

namespace {

std::string chunk(std::string_view bytes) {
  std::array<char, 20> size{};
  const auto length = std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  std::string framed;
  framed.reserve(bytes.size() + size.size());
  return framed.append(size.data(), static_cast<std::size_t>(length)).append(bytes).append("\r\n");
}

constexpr std::string_view last_chunk = "0\r\n\r\n";

} // namespace

class connection_stream : public stream {
public:
  explicit connection_stream(std::weak_ptr<connection> c, bool chunked)
      : connection_{std::move(c)}, chunked_{chunked} {
  }

  ~connection_stream() override {
    if (const auto c = streaming())
      c->close();
  }

  bool write(std::string_view bytes) override {
    const auto c = streaming();
    if (!c || bytes.empty())
      return c != nullptr; // an empty chunk would be the end
    return c->push(chunked_ ? chunk(bytes) : std::string{bytes});
  }

  void end() override {
    const auto c = streaming();
    ended_ = true;
    if (!c)
      return;
    c->stream_gone_ = nullptr;
    if (!chunked_ || c->push(std::string{last_chunk}))
      c->end_stream();
  }

  void on_gone(std::function<void()> told) override {
    if (const auto c = streaming())
      c->stream_gone_ = std::move(told);
  }

private:
  std::shared_ptr<connection> streaming() const {
    auto c = ended_ ? nullptr : connection_.lock();
    return c && c->open_ ? c : nullptr;
  }

  std::weak_ptr<connection> connection_;
  bool chunked_;
  bool ended_ = false;
};

void connection::begin_stream(std::string head, const answer& a) {
  if (method_ == "HEAD") {
    write_answer(std::move(head), {});
    return;
  }
  enter(phase::streaming);
  if (push(std::move(head)))
    a.producer(std::make_shared<connection_stream>(weak_from_this(), minor_version_ == 1));
}

/// One part at a time: the next is made when the client has taken the one before.
void connection::begin_parts(std::string head, answer a) {
  if (method_ == "HEAD") {
    write_answer(std::move(head), {});
    return;
  }
  enter(phase::writing);
  parts_ = std::move(a.parts);
  push(std::move(head));
}

void connection::send_part() {
  shared_->unsent -= std::exchange(unsent_, 0);
  const bool chunked = minor_version_ == 1;
  auto part = parts_();
  if (!part.empty()) {
    const auto size = part.size();
    if (push(chunked ? chunk(part) : std::move(part)))
      owe(size);
    return;
  }
  parts_ = nullptr;
  if (!chunked || push(std::string{last_chunk}))
    end_stream();
}

namespace {

struct piece {
  uv_write_t write{};
  std::string bytes;
  connection* who = nullptr;
  std::uint64_t serial = 0;
};

} // namespace

bool connection::push(std::string bytes) {
  auto* stream = reinterpret_cast<uv_stream_t*>(&socket_);
  if (uv_stream_get_write_queue_size(stream) + bytes.size() > shared_->limits.stream_bytes) {
    close();
    return false;
  }
  auto* p = new piece{{}, std::move(bytes), this, serial_};
  p->write.data = p;
  const auto buffer = uv_buf_init(p->bytes.data(), static_cast<unsigned>(p->bytes.size()));
  const int problem = uv_write(&p->write, stream, &buffer, 1, [](uv_write_t* w, int failed) {
    const std::unique_ptr<piece> ended{static_cast<piece*>(w->data)};
    ended->who->pushed(ended->serial, failed == 0);
  });
  if (problem == 0)
    return true;
  delete p;
  close();
  return false;
}

void connection::pushed(std::uint64_t serial, bool ok) {
  if (!open_)
    return;
  if (!ok)
    close();
  else if (serial == serial_ && parts_)
    send_part();
  else if (serial == serial_ && at() == phase::writing)
    end_stream();
}

void connection::end_stream() {
  if (at() != phase::writing)
    enter(phase::writing);
  if (uv_stream_get_write_queue_size(reinterpret_cast<uv_stream_t*>(&socket_)) == 0)
    written();
}

} // namespace reeve::http
