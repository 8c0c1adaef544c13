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
  /// `prepare` sets the options that all transfers share, on each new handle.
  /// Throws std::runtime_error if there is no descriptor left.
  curl_pool(loop& l, void (*prepare)(CURL*));
  /// REQUIRES: all handles were put back.
  ~curl_pool();
  curl_pool(const curl_pool&) = delete;
  curl_pool& operator=(const curl_pool&) = delete;

  /// A prepared handle; null if there is no memory for it. What others set and put back
  /// `as_prepared` is set still.
  CURL* take();

  using completion = std::function<void(CURLcode)>;

  /// Runs the transfer; `done` is called later, once, unless it is put back before.
  /// `deadline` becomes its timeout.
  void start(CURL* easy, std::string_view host, std::chrono::steady_clock::time_point deadline,
             completion done);

  /// Breaks it off if it runs. `as_prepared`: no options were set but those that whoever
  /// takes a handle sets.
  void put_back(CURL* easy, bool as_prepared);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace reeve::io
