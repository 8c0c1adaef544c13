#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve::http {

/// A body that is sent while it is made. Letting go of it without `end` breaks the
/// connection off, so that nobody takes a half for the whole. Loop thread only.
class stream {
public:
  virtual ~stream() = default;

  /// False when nobody listens any more: gone, or too slow to keep up.
  virtual bool write(std::string_view bytes) = 0;
  virtual void end() = 0;
  /// Called once if the client goes away before `end`.
  virtual void on_gone(std::function<void()> told) = 0;
};

/// What a request is answered with: a body, its parts, or a producer of one.
struct answer {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const std::string> shared; ///< sent before `body`; never copied
  std::string body;
  /// If set, instead of both: gives the next part of the body each time the client has
  /// taken the one before; an empty part ends it. On the loop thread.
  std::function<std::string()> parts;
  std::function<void(std::shared_ptr<stream>)> producer; ///< if set, instead of all these
  std::string_view endpoint = "other"; ///< the route's pattern, for metrics; a lasting string
};

/// Gives the answer, at once or later, on the loop thread. Further calls, and calls
/// after the client has gone, do nothing.
using reply = std::function<void(answer)>;

/// `{"error": {"code": ..., "message": ...}}`
answer error_answer(int status, std::string_view code, std::string_view message);

} // namespace reeve::http
