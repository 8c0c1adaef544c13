#pragma once

#include "http/front/answer.hpp"
#include "http/front/request.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reeve::http {

/// Finds the handler of a request. cpp-httplib's router, in memory; nobody else
/// sees it.
class router {
public:
  router();
  ~router();

  using parts = std::vector<std::string>; ///< what the `{...}` of the pattern stand for
  using handler = std::function<void(const request&, const parts&, reply)>;

  /// `pattern`: `/api/v1/services/{name}`. A GET answers HEAD too. Other methods on
  /// it are answered with 405. What is added first is tried first.
  void add(const std::string& method, const std::string& pattern, handler h);

  /// Calls `give` at once or later, through the handler.
  void route(const request& r, reply give) const;

private:
  struct engine;
  std::unique_ptr<engine> engine_;
};

} // namespace reeve::http
