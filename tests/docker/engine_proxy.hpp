#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace reeve::io::test {

/// Stands between Reeve and a real engine, and loses on purpose what real engines lose.
class engine_proxy {
public:
  engine_proxy(std::string own_socket, std::string engine_socket);
  ~engine_proxy();

  std::atomic<bool> swallow_events{false}; ///< as for a slow reader: without a word
  std::atomic<bool> cut_orders{false};     ///< the reply to a POST is lost with its connection
  std::atomic<bool> cut_all{false};        ///< no connection lives, and none can be made
  std::atomic<bool> hold_looks{false};     ///< what is asked of a container is answered later
  std::atomic<int> orders{0};              ///< POSTs so far
  std::atomic<int> looks{0};               ///< questions about a container so far

private:
  void serve();

  std::string engine_;
  int listener_ = -1;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

} // namespace reeve::io::test
