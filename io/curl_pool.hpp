#pragma once

#include <curl/curl.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

namespace reeve::io {

class loop;

/// libcurl's transfers on the loop. The cost of one grows with the hosts its multi
/// handle knows, so there are many of these, chosen by host. Handles are used
/// again. Loop thread only.
class curl_pool {
public:
  explicit curl_pool(loop& l);
  /// REQUIRES: all handles were put back.
  ~curl_pool();
  curl_pool(const curl_pool&) = delete;
  curl_pool& operator=(const curl_pool&) = delete;

  /// A handle with no options set; null if there is no memory for it.
  CURL* take();

  using completion = std::function<void(CURLcode)>;

  /// Runs the transfer; `done` is called later, once, unless it is put back before.
  /// `deadline` becomes its timeout.
  void start(CURL* easy, std::string_view host, std::chrono::steady_clock::time_point deadline,
             completion done);

  /// Breaks it off if it runs.
  void put_back(CURL* easy);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace reeve::io
