#include "io/net/dial.hpp"

#include "io/loop/loop.hpp"
#include "io/loop/own_limits.hpp"
#include "io/loop/poll_watch.hpp"
#include "io/net/client_socket.hpp"
#include "io/net/connect_failure.hpp"
#include "supervisor/text.hpp"

#include <utility>

namespace reeve::io {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds patience{250};

} // namespace

struct dial::attempt {
  attempt(loop& l, descriptor s, std::function<void()> ended)
      : socket{std::move(s)}, watch{l,
                                    socket.get(),
                                    {.write = true},
                                    [ended = std::move(ended)](poll_watch::events) { ended(); }} {
  }

  descriptor socket;
  poll_watch watch; ///< goes before the socket
};

dial::dial(loop& l, std::vector<sockaddr_storage> addresses, completion done)
    : home_{l}, addresses_{std::move(addresses)}, done_{std::move(done)} {
  timer_ = home_.call_after(milliseconds{0}, [this] { try_next(); });
}

dial::~dial() {
  home_.cancel(timer_);
}

void dial::try_next() {
  home_.cancel(std::exchange(timer_, 0));
  const auto which = next_++;
  auto begun = begin_connecting(addresses_[which]);
  if (!begun.socket) {
    attempts_.emplace_back();
    return failed(begun.error);
  }
  attempts_.push_back(
    std::make_unique<attempt>(home_, std::move(begun.socket), [this, which] { ended(which); }));
  if (next_ < addresses_.size())
    timer_ = home_.call_after(patience, [this] { try_next(); });
}

void dial::ended(std::size_t which) {
  auto& made = attempts_[which];
  if (const int error = connect_error(made->socket.get()); error != 0) {
    made.reset();
    return failed(error);
  }
  home_.cancel(std::exchange(timer_, 0));
  auto socket = std::move(made->socket);
  attempts_.clear();
  // Last: it may destroy this.
  std::exchange(done_, nullptr)({std::move(socket), addresses_[which], {}});
}

void dial::failed(int error) {
  failures_.push_back(explain_connect_error(error));
  if (next_ < addresses_.size()) {
    home_.cancel(timer_);
    timer_ = home_.call_after(milliseconds{0}, [this] { try_next(); });
  } else if (failures_.size() == addresses_.size()) {
    std::exchange(done_, nullptr)({{}, {}, fault_of_attempts(failures_)});
  }
}

fault dial::too_late(milliseconds timeout) const {
  auto all = failures_;
  all.push_back(
    dropped_here().value_or(fault{.reason = "could not connect within " + describe(timeout)}));
  return fault_of_attempts(all);
}

} // namespace reeve::io
