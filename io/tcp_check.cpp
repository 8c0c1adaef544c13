#include "io/tcp_check.hpp"

#include "io/http_failure.hpp"
#include "io/loop.hpp"
#include "io/own_limits.hpp"
#include "io/resolver.hpp"
#include "supervisor/text.hpp"

#include <uv.h>

#include <optional>
#include <utility>

namespace reeve::io {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using kind = check_outcome::kind;

class tcp_checker;

/// One connection attempt. libuv keeps it until it is closed, which is after its
/// check may be gone.
struct attempt {
  uv_tcp_t socket{};
  uv_connect_t request{};
  tcp_checker* owner = nullptr;
};

class tcp_checker final : public check {
public:
  tcp_checker(loop& l, resolver& names, const check_spec& spec)
      : home_{l}, names_{names}, what_{std::get<tcp_check>(spec.target)}, timeout_{spec.timeout} {
  }

  ~tcp_checker() override {
    if (done_)
      finish({kind::cancelled});
  }

  void run(completion done) override;

private:
  void resolved(resolution r);
  void try_next();
  void connected(int error);
  void attempt_failed(int error);
  void out_of_time();
  void drop_attempt();
  void finish(check_outcome outcome);

  loop& home_;
  resolver& names_;
  tcp_check what_;
  milliseconds timeout_;

  // Of the run under way:
  completion done_;
  clock::time_point started_;
  std::vector<sockaddr_storage> addresses_;
  std::size_t next_ = 0;
  int last_error_ = 0;
  attempt* attempt_ = nullptr;
  std::optional<lookup> lookup_;
  loop::timer_id deadline_ = 0;
  loop::timer_id soon_ = 0; ///< what must not happen inside `run`, or the next address' turn
};

void tcp_checker::run(completion done) {
  done_ = std::move(done);
  started_ = clock::now();
  next_ = 0;
  last_error_ = 0;
  deadline_ = home_.call_after(timeout_, [this] { out_of_time(); });
  if (const auto literal = literal_address(what_.host, what_.port)) {
    addresses_.push_back(*literal);
    try_next();
  } else {
    lookup_.emplace(names_, what_.host, what_.port,
                    [this](resolution r) { resolved(std::move(r)); });
  }
}

void tcp_checker::resolved(resolution r) {
  if (r.what == resolution::kind::no_such_host)
    return finish({kind::failed, {}, std::move(r.reason)});
  if (r.what == resolution::kind::could_not_ask)
    return finish({kind::not_run, {}, std::move(r.reason), false, r.exhausted});
  lookup_.reset();
  addresses_ = std::move(r.addresses);
  try_next();
}

/// A host may have several addresses: each gets a fair share of the time that is
/// left.
void tcp_checker::try_next() {
  home_.cancel(soon_);
  drop_attempt();
  const auto& address = addresses_[next_++];
  if (const auto others = addresses_.size() - next_; others > 0) {
    const auto left = started_ + timeout_ - clock::now();
    soon_ = home_.call_after(
      std::chrono::duration_cast<milliseconds>(left / static_cast<int>(others + 1)),
      [this] { try_next(); });
  }
  attempt_ = new attempt;
  attempt_->owner = this;
  attempt_->socket.data = attempt_->request.data = attempt_;
  uv_tcp_init(home_.raw(), &attempt_->socket);
  int error = -spare_descriptor_error();
  if (error == 0)
    error =
      uv_tcp_connect(&attempt_->request, &attempt_->socket,
                     reinterpret_cast<const sockaddr*>(&address), [](uv_connect_t* r, int failed) {
                       if (auto* owner = static_cast<attempt*>(r->data)->owner)
                         owner->connected(failed);
                     });
  if (error != 0) {
    home_.cancel(soon_);
    soon_ = home_.call_after(milliseconds{0}, [this, error] { attempt_failed(error); });
  }
}

void tcp_checker::connected(int error) {
  if (error != 0)
    return attempt_failed(error);
  check_outcome outcome;
  outcome.answer.latency = std::chrono::duration_cast<milliseconds>(clock::now() - started_);
  finish(std::move(outcome));
}

void tcp_checker::attempt_failed(int error) {
  last_error_ = -error;
  if (next_ < addresses_.size())
    return try_next();
  names_.forget(what_.host);
  finish(explain_connect_error(last_error_));
}

void tcp_checker::out_of_time() {
  const auto within = " within " + describe(timeout_);
  if (lookup_)
    return finish({kind::not_run, {}, "could not resolve host '" + what_.host + "'" + within});
  names_.forget(what_.host);
  finish(dropped_here().value_or(check_outcome{kind::failed, {}, "could not connect" + within}));
}

void tcp_checker::drop_attempt() {
  auto* a = std::exchange(attempt_, nullptr);
  if (a == nullptr)
    return;
  a->owner = nullptr;
  const auto free = [](uv_handle_t* h) { delete static_cast<attempt*>(h->data); };
  if (uv_tcp_close_reset(&a->socket, free) != 0) // not while connecting, where there is no need
    uv_close(reinterpret_cast<uv_handle_t*>(&a->socket), free);
}

void tcp_checker::finish(check_outcome outcome) {
  drop_attempt();
  addresses_ = {};
  lookup_.reset();
  home_.cancel(std::exchange(deadline_, 0));
  home_.cancel(std::exchange(soon_, 0));
  // Last: it may run the check again, or destroy it.
  std::exchange(done_, nullptr)(std::move(outcome));
}

} // namespace

std::unique_ptr<check> make_tcp_check(loop& l, resolver& names, const check_spec& spec) {
  return std::make_unique<tcp_checker>(l, names, spec);
}

} // namespace reeve::io
