#include "http/connection.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace reeve::http {

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
    if (!chunked_)
      return c->push(std::string{bytes});
    std::array<char, 20> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
    return c->push(std::string{size.data()}.append(bytes).append("\r\n"));
  }

  void end() override {
    const auto c = streaming();
    ended_ = true;
    if (!c)
      return;
    c->stream_gone_ = nullptr;
    if (!chunked_ || c->push("0\r\n\r\n"))
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
