#include "io/net/http_reader.hpp"

#include <algorithm>
#include <utility>

namespace reeve::io {

namespace {

constexpr std::size_t most_header_bytes = 64 * 1'024;

} // namespace

struct http_reader::callbacks {
  static http_reader& self(http_parser* p) {
    return *static_cast<http_reader*>(p->data);
  }

  static void give_header(http_reader& s) {
    if (s.in_headers_ && !s.name_.empty()) // else it is a trailer
      s.who_.header_came(s.name_, s.value_);
    s.name_.clear();
    s.value_.clear();
    s.in_value_ = false;
  }

  static int begin(http_parser* p) {
    auto& s = self(p);
    s.in_headers_ = true;
    s.who_.answer_begins();
    return 0;
  }

  static int field(http_parser* p, const char* at, std::size_t size) {
    auto& s = self(p);
    if (s.in_value_)
      give_header(s);
    s.name_.append(at, size);
    p->flags &= ~static_cast<unsigned>(F_CONTENTLENGTH); // the same twice is no matter
    return 0;
  }

  static int value(http_parser* p, const char* at, std::size_t size) {
    auto& s = self(p);
    s.in_value_ = true;
    s.value_.append(at, size);
    return 0;
  }

  /// 1: there is no body.
  static int head(http_parser* p) {
    auto& s = self(p);
    give_header(s);
    if (p->status_code / 100 == 1 && p->status_code != 101)
      return 0;
    s.in_headers_ = false;
    s.status_ = static_cast<int>(p->status_code);
    if (!s.who_.headers_ended(s.status_)) {
      s.now_ = state::enough;
      http_parser_pause(p, 1);
    }
    p->upgrade = 0; // nobody asked for one
    return s.answers_head_ || p->status_code == 204 || p->status_code == 304 ? 1 : 0;
  }

  static int body(http_parser* p, const char* at, std::size_t size) {
    auto& s = self(p);
    if (!s.who_.body_came({at, size})) {
      s.now_ = state::enough;
      http_parser_pause(p, 1);
    }
    return 0;
  }

  static int done(http_parser* p) {
    auto& s = self(p);
    if (s.in_headers_) // it only informed
      return 0;
    if (s.now_ == state::reading)
      s.now_ = state::complete;
    s.keeps_connection_ = http_should_keep_alive(p) != 0;
    http_parser_pause(p, 1);
    return 0;
  }

  static const http_parser_settings& all() {
    static const http_parser_settings settings = [] {
      http_parser_settings s;
      http_parser_settings_init(&s);
      s.on_message_begin = begin;
      s.on_header_field = field;
      s.on_header_value = value;
      s.on_headers_complete = head;
      s.on_body = body;
      s.on_message_complete = done;
      return s;
    }();
    return settings;
  }
};

http_reader::http_reader(http_listener& who, bool answers_head)
    : who_{who}, answers_head_{answers_head} {
  http_parser_init(&parser_, HTTP_RESPONSE);
  parser_.data = this;
  parser_.lenient_http_headers = 1;
}

std::size_t http_reader::room() const {
  return in_headers_ ? most_header_bytes - std::min(header_bytes_, most_header_bytes)
                     : ~std::size_t{0};
}

http_reader::state http_reader::broken(std::string why) {
  problem_ = std::move(why);
  return now_ = state::broken;
}

http_reader::state http_reader::take(std::string_view bytes) {
  has_begun_ = has_begun_ || !bytes.empty();
  while (!bytes.empty() && now_ == state::reading) {
    const auto piece = bytes.substr(0, room());
    if (piece.empty())
      return broken("the answer's headers are larger than 64 KiB");
    const bool were_headers = in_headers_;
    const auto n = http_parser_execute(&parser_, &callbacks::all(), piece.data(), piece.size());
    header_bytes_ += were_headers ? n : 0;
    bytes.remove_prefix(n);
    if (now_ == state::reading && HTTP_PARSER_ERRNO(&parser_) != HPE_OK)
      return broken(status_ == 0 ? "the answer is not HTTP" : "the answer's body is not HTTP");
  }
  keeps_connection_ = keeps_connection_ && bytes.empty();
  return now_;
}

http_reader::state http_reader::end() {
  if (!has_begun_)
    return broken("connection closed without an answer");
  http_parser_execute(&parser_, &callbacks::all(), nullptr, 0);
  keeps_connection_ = false;
  return now_ == state::reading ? broken("connection closed in the middle of the answer") : now_;
}

} // namespace reeve::io
