#pragma once

#include <http_parser.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace reeve::io {

/// Who hears of an HTTP answer as it comes.
struct http_listener {
  /// A status line was read. What an informational answer (1xx) said before is void.
  virtual void answer_begins() = 0;
  virtual void header_came(std::string_view name, std::string_view value) = 0;
  /// All headers have come; false: no more of the answer is wanted.
  virtual bool headers_ended(int status) = 0;
  /// A part of the body; false: that is enough of it.
  virtual bool body_came(std::string_view part) = 0;

protected:
  ~http_listener() = default;
};

/// Reads one HTTP/1 answer from bytes as they come: no socket, no clock. Informational answers
/// before it are skipped. As lenient as browsers are, but for headers beyond 64 KiB.
class http_reader {
public:
  /// `answers_head`: of a HEAD request, whose answer has no body whatever it says.
  http_reader(http_listener& who, bool answers_head);
  http_reader(const http_reader&) = delete;
  http_reader& operator=(const http_reader&) = delete;

  enum class state {
    reading,
    complete, ///< the answer is whole
    enough,   ///< the listener wants no more
    broken,   ///< for good; `problem` says why
  };

  /// Bytes of the connection, in order. REQUIRES: reading.
  state take(std::string_view bytes);
  /// The peer closed. REQUIRES: reading.
  state end();

  /// One sentence part about an answer that is broken.
  const std::string& problem() const {
    return problem_;
  }
  bool has_begun() const {
    return has_begun_;
  }
  /// 0: none yet.
  int status() const {
    return status_;
  }
  /// Whether another request may follow on its connection. REQUIRES: complete.
  bool keeps_connection() const {
    return keeps_connection_;
  }

private:
  struct callbacks;

  std::size_t room() const;
  state broken(std::string why);

  http_listener& who_;
  http_parser parser_{};
  bool answers_head_;
  bool has_begun_ = false;
  bool in_value_ = false;
  bool in_headers_ = true;
  bool keeps_connection_ = false;
  int status_ = 0;
  std::size_t header_bytes_ = 0;
  state now_ = state::reading;
  std::string name_;
  std::string value_;
  std::string problem_;
};

} // namespace reeve::io
