#include "http/front/request_parser.hpp"

#include <algorithm>
#include <utility>

namespace reeve::http {

namespace {

// Also bounds the recursion of the router's expressions.
constexpr std::size_t longest_target = 2'048;

// A chunk of one byte takes six; no honest client comes near this.
constexpr std::size_t chunk_overhead = 8;

// http_parser lets tabs and form feeds pass.
bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
}

} // namespace

struct request_parser::callbacks {
  static request_parser& self(http_parser* p) {
    return *static_cast<request_parser*>(p->data);
  }

  static int url(http_parser* p, const char* at, std::size_t size) {
    auto& s = self(p);
    s.request_.method = http_method_str(static_cast<http_method>(p->method));
    if (s.request_.target.size() + size > longest_target)
      return s.refuse(414, "target_too_long", "the address is longer than 2048 bytes");
    s.request_.target.append(at, size);
    return 0;
  }

  static int field(http_parser* p, const char* at, std::size_t size) {
    auto& s = self(p);
    if (s.head_done_)
      return 0; // trailers: nobody asks for them
    auto& headers = s.request_.headers;
    if (std::exchange(s.in_value_, false) || headers.empty())
      headers.emplace_back();
    headers.back().first.append(at, size);
    return 0;
  }

  static int value(http_parser* p, const char* at, std::size_t size) {
    auto& s = self(p);
    if (s.head_done_ || s.request_.headers.empty())
      return 0;
    s.in_value_ = true;
    s.request_.headers.back().second.append(at, size);
    return 0;
  }

  static int head(http_parser* p) {
    return self(p).head_done();
  }

  static int body(http_parser* p, const char* at, std::size_t size) {
    auto& s = self(p);
    if (s.request_.body.size() + size > s.limits_.body_bytes)
      return s.refuse(413, "too_large", "the body is larger than this server takes");
    s.request_.body.append(at, size);
    return 0;
  }

  static int done(http_parser* p) {
    self(p).complete_ = true;
    http_parser_pause(p, 1);
    return 0;
  }

  static const http_parser_settings& all() {
    static const http_parser_settings settings = [] {
      http_parser_settings s;
      http_parser_settings_init(&s);
      s.on_url = url;
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

request_parser::request_parser(const front_limits& limits) : limits_{limits} {
  begin();
}

void request_parser::begin() {
  http_parser_init(&parser_, HTTP_REQUEST);
  parser_.data = this;
  request_ = {};
  taken_ = 0;
  in_value_ = head_done_ = complete_ = expects_ = false;
}

std::size_t request_parser::room() const {
  const auto limit = limits_.header_bytes + (head_done_ ? limits_.body_bytes * chunk_overhead : 0);
  return limit > taken_ ? limit - taken_ : 0;
}

std::size_t request_parser::feed(std::string_view bytes) {
  std::size_t fed = 0;
  while (fed < bytes.size() && !complete_ && !refusal_) {
    const auto piece = bytes.substr(fed, room());
    const auto n = http_parser_execute(&parser_, &callbacks::all(), piece.data(), piece.size());
    fed += n;
    taken_ += n;
    const auto problem = HTTP_PARSER_ERRNO(&parser_);
    if (complete_ || refusal_)
      break;
    if (problem != HPE_OK)
      refuse(400, "bad_request",
             std::string{"this is not an HTTP request: "} + http_errno_description(problem));
    else if (room() == 0 && head_done_)
      refuse(413, "too_large", "the body is larger than this server takes");
    else if (room() == 0)
      refuse(431, "headers_too_large", "the headers are larger than this server takes");
  }
  return fed;
}

bool request_parser::take_expectation() {
  return head_done_ && !complete_ && !refusal_ && std::exchange(expects_, false);
}

request request_parser::take() {
  auto taken = std::move(request_);
  begin();
  return taken;
}

int request_parser::refuse(int status, std::string code, std::string message) {
  if (!refusal_)
    refusal_ = refusal{status, std::move(code), std::move(message)};
  return -1;
}

int request_parser::head_done() {
  head_done_ = true;
  parser_.upgrade = 0; // an offer to speak another protocol may be ignored
  request_.minor_version = parser_.http_minor;
  request_.keep_alive = http_should_keep_alive(&parser_) != 0;
  if (parser_.http_major != 1 || parser_.http_minor > 1)
    return refuse(505, "version", "only HTTP/1.0 and HTTP/1.1 are spoken here");
  if (const int refused = check_head())
    return refused;
  return set_target();
}

int request_parser::check_head() {
  int hosts = 0;
  for (const auto& [name, value] : request_.headers) {
    hosts += equal_ignoring_case(name, "host") ? 1 : 0;
    if (!equal_ignoring_case(name, "expect") || request_.minor_version == 0)
      continue;
    if (!equal_ignoring_case(value, "100-continue"))
      return refuse(417, "expectation", "only 'Expect: 100-continue' can be met");
    expects_ = true;
  }
  if (hosts > 1 || (hosts == 0 && request_.minor_version == 1))
    return refuse(400, "bad_request", "a request has exactly one Host header");
  constexpr auto unknown = static_cast<std::uint64_t>(-1);
  if (parser_.content_length != unknown && parser_.content_length > limits_.body_bytes)
    return refuse(413, "too_large", "the body is larger than this server takes");
  return 0;
}

int request_parser::set_target() {
  auto& target = request_.target;
  if (std::any_of(target.begin(), target.end(), is_blank))
    return refuse(400, "bad_request", "the address of a request has no blanks");
  if (target.front() == '/')
    return 0;
  http_parser_url url;
  http_parser_url_init(&url);
  if (target.front() == '*' || request_.method == "CONNECT"
      || http_parser_parse_url(target.data(), target.size(), 0, &url) != 0)
    return refuse(400, "bad_request", "the address of a request begins with '/'");
  auto part = [&](int field) {
    return (url.field_set & (1 << field)) == 0
             ? std::string{}
             : target.substr(url.field_data[field].off, url.field_data[field].len);
  };
  auto path = part(UF_PATH);
  const auto query = part(UF_QUERY);
  target = (path.empty() ? "/" : std::move(path)) + (query.empty() ? "" : "?" + query);
  return 0;
}

} // namespace reeve::http
