#pragma once

#include "http/front/front_context.hpp"
#include "http/front/request_parser.hpp"
#include "http/front/roster.hpp"

#include <uv.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace reeve::http {

/// One client: reads a request, has it answered, writes, begins again. Owns itself
/// until it is closed.
class connection : public std::enable_shared_from_this<connection> {
public:
  using context = std::shared_ptr<front_context>;

  /// Takes over the accepted socket.
  static void open(context shared, int fd);
  explicit connection(context shared);

  void close();
  void on_deadline();

private:
  friend class connection_stream;

  void enter(phase p);
  phase at() const {
    return place_->at;
  }
  bool takes_input() const;

  void start_reading();
  void stop_reading();
  void on_read(ssize_t n);
  void on_end_of_input();
  void consume(std::string_view bytes);
  void resume();

  void dispatch();
  void refuse(const request_parser::refusal& why);
  void send(std::uint64_t serial, answer a);
  std::string head_of(const answer& a);
  void note(const answer& a);

  std::array<std::string_view, 3> outgoing() const;
  void write_answer(std::string head, answer a);
  void wait_for_reader(std::size_t sent, std::size_t total);
  void owe(std::size_t bytes);
  void written();
  void linger();

  void begin_parts(std::string head, answer a);
  void send_part();
  void begin_stream(std::string head, const answer& a);
  bool push(std::string bytes);
  void pushed(std::uint64_t serial, bool ok);
  void end_stream();

  context shared_;
  bool open_ = false;
  std::shared_ptr<connection> self_; // until closed
  roster::place place_;
  uv_tcp_t socket_{};
  bool reading_ = false;
  bool input_ended_ = false;
  bool working_ = false;
  bool yielded_ = false;
  peer client_;
  std::string input_; // what came while an answer was awaited
  request_parser parser_;

  // Of the request under way.
  std::uint64_t serial_ = 0;
  mono_time asked_{};
  std::string method_;
  int minor_version_ = 1;
  bool keep_ = true;

  std::string out_head_;
  std::shared_ptr<const std::string> out_shared_;
  std::string out_body_;
  std::size_t unsent_ = 0;
  uv_write_t write_{};
  uv_shutdown_t shutdown_{};
  std::function<std::string()> parts_; // while there may be more of them
  std::function<void()> stream_gone_;
  std::size_t lingered_ = 0;
};

} // namespace reeve::http
