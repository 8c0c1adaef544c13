#include "io/checks/tcp_check.hpp"

#include "io/checks/reply_body.hpp"
#include "io/loop/loop.hpp"
#include "io/names/resolver.hpp"
#include "io/net/socket_stream.hpp"
#include "io/net/tls_stream.hpp"
#include "supervisor/text.hpp"

#include <errno.h>

#include <memory>
#include <system_error>
#include <utility>

namespace reeve::io {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using kind = check_outcome::kind;

constexpr std::size_t most_received = 64 * 1'024;
constexpr std::size_t small = 2 * 1'024;
constexpr milliseconds look_again{10};

class tcp_checker final : public check, public socket_stream::listener {
public:
  tcp_checker(loop& l, resolver& names, tls_trust& trust, const check_spec& spec)
      : home_{l}, names_{names}, trust_{trust}, what_{std::get<tcp_check>(spec.target)},
        timeout_{spec.timeout}, rules_{spec.expect}, wants_answer_{spec.expect.contains
                                                                   || spec.expect.matches} {
  }

  ~tcp_checker() override {
    if (done_)
      finish({kind::cancelled});
  }

  void run(completion done) override;

private:
  void connected() override;
  void could_not_connect(fault why) override;
  void received(std::string_view bytes) override;
  void ended(int os_error) override;
  void sent(int os_error) override;

  std::string name_for_tls() const;
  void tls_moved();
  void say();
  void send(std::string bytes);
  void take(std::string_view text);
  void look();
  check_outcome answered() const;
  void no_more(std::string_view why);
  void out_of_time();
  void lost(int os_error);
  void failed(std::string why);
  void finish(check_outcome outcome);

  loop& home_;
  resolver& names_;
  tls_trust& trust_;
  tcp_check what_;
  milliseconds timeout_;
  reply_body rules_;
  bool wants_answer_;

  // Of the run under way:
  completion done_;
  clock::time_point started_;
  std::unique_ptr<socket_stream> stream_;
  std::unique_ptr<tls_stream> tls_;
  bool connected_ = false;
  bool said_ = false; ///< all that was to be said, where anything was
  int under_way_ = 0; ///< of what was said
  std::string answer_;
  std::size_t looked_at_ = 0;
  loop::timer_id deadline_ = 0;
  loop::timer_id soon_ = 0;
};

void tcp_checker::run(completion done) {
  done_ = std::move(done);
  connected_ = said_ = false;
  under_way_ = 0;
  looked_at_ = 0;
  if (what_.tls) {
    auto made = tls_stream::make(trust_, *what_.tls, name_for_tls());
    if (!made) {
      soon_ = home_.call_after(milliseconds{0}, [this, why = made.sentence()] {
        finish({kind::not_run, {}, why});
      });
      return;
    }
    tls_ = std::move(*made);
  }
  started_ = clock::now(); // reading certificates for the first time takes a while
  deadline_ = home_.call_after(timeout_, [this] { out_of_time(); });
  stream_ = std::make_unique<socket_stream>(home_, names_, *this);
  if (what_.unix_socket.empty())
    stream_->connect(what_.host, what_.port);
  else
    stream_->connect(what_.unix_socket);
}

/// Empty: any will do.
std::string tcp_checker::name_for_tls() const {
  if (!what_.tls->server_name.empty())
    return what_.tls->server_name;
  return what_.unix_socket.empty() ? what_.host : "";
}

void tcp_checker::could_not_connect(fault why) {
  names_.forget(what_.host);
  finish(outcome_of(std::move(why)));
}

void tcp_checker::connected() {
  connected_ = true;
  if (tls_ || wants_answer_)
    stream_->start_reading();
  if (tls_) {
    tls_->begin();
    return tls_moved();
  }
  say();
  look();
}

void tcp_checker::received(std::string_view bytes) {
  if (tls_) {
    tls_->take(bytes);
    return tls_moved();
  }
  take(bytes);
  look();
}

/// Brings on its way what TLS wants to say, and sees how far it came.
void tcp_checker::tls_moved() {
  using phase = tls_stream::phase;
  send(tls_->to_send());
  if (tls_->now() == phase::handshake)
    return;
  take(tls_->received());
  if (tls_->now() == phase::failed)
    return no_more(tls_->problem());
  if (!said_)
    say();
  if (tls_->now() == phase::ended && wants_answer_)
    return no_more("connection closed without an answer");
  look();
}

void tcp_checker::say() {
  said_ = true;
  if (what_.send.empty())
    return;
  if (tls_)
    tls_->write(what_.send);
  send(tls_ ? tls_->to_send() : what_.send);
}

void tcp_checker::send(std::string bytes) {
  if (bytes.empty())
    return;
  ++under_way_;
  stream_->send(std::move(bytes));
}

void tcp_checker::sent(int os_error) {
  --under_way_;
  if (wants_answer_ || !said_)
    return; // reading shows a lost connection too, and what the peer still had to say
  if (os_error != 0)
    return lost(os_error);
  look();
}

void tcp_checker::take(std::string_view text) {
  if (wants_answer_)
    answer_.append(text.substr(0, most_received - answer_.size()));
}

/// Ends the run if there is nothing more to wait for.
void tcp_checker::look() {
  if (!wants_answer_) {
    if (said_ && under_way_ == 0)
      finish(answered());
    return;
  }
  const bool full = answer_.size() == most_received;
  // A long answer that drips is not searched again for each drop.
  const bool grown = answer_.size() - looked_at_ > looked_at_ / 16;
  if (answer_.size() > small && !full && !grown) {
    if (soon_ == 0)
      soon_ = home_.call_after(look_again, [this] {
        soon_ = 0;
        looked_at_ = 0;
        look();
      });
    return;
  }
  looked_at_ = answer_.size();
  auto outcome = answered();
  if (full || (outcome.answer.contains && outcome.answer.matches))
    finish(std::move(outcome));
}

check_outcome tcp_checker::answered() const {
  check_outcome outcome;
  auto& found = outcome.answer;
  found.body_is = "answer";
  found.latency = std::chrono::duration_cast<milliseconds>(clock::now() - started_);
  if (wants_answer_)
    rules_.extract(answer_, found);
  if (tls_) {
    found.certificate_left = tls_->findings().certificate_left;
    found.certificate_is = tls_->findings().certificate_is;
  }
  return outcome;
}

/// What came is judged though more was hoped for; `why` tells if that is nothing.
void tcp_checker::no_more(std::string_view why) {
  if (answer_.empty())
    failed(std::string{why});
  else
    finish(answered());
}

void tcp_checker::lost(int os_error) {
  if (os_error != ECONNRESET && os_error != EPIPE)
    return failed("connection lost: " + std::generic_category().message(os_error));
  failed(answer_.empty() ? "connection reset" : "connection reset in the middle of the answer");
}

void tcp_checker::ended(int os_error) {
  if (tls_ && tls_->now() == tls_stream::phase::handshake)
    return failed(os_error == 0 ? "connection closed in the TLS handshake"
                                : "connection reset in the TLS handshake");
  if (said_ && !wants_answer_)
    return; // what is under way tells
  if (os_error != 0)
    return lost(os_error);
  no_more("connection closed without an answer");
}

void tcp_checker::out_of_time() {
  const auto within = " within " + describe(timeout_);
  if (stream_->resolving())
    return finish({kind::not_run, {}, "could not resolve host '" + what_.host + "'" + within});
  if (!connected_) {
    names_.forget(what_.host);
    return finish(outcome_of(stream_->too_late(timeout_)));
  }
  if (tls_ && tls_->now() == tls_stream::phase::handshake)
    return failed("no TLS handshake" + within);
  if (!wants_answer_)
    return failed("could not send" + within);
  no_more("no answer" + within);
}

void tcp_checker::failed(std::string why) {
  finish({kind::failed, {}, std::move(why)});
}

void tcp_checker::finish(check_outcome outcome) {
  if (tls_ && connected_) {
    tls_->close();
    stream_->try_send(tls_->to_send());
  }
  stream_.reset();
  tls_.reset();
  answer_ = {};
  home_.cancel(std::exchange(deadline_, 0));
  home_.cancel(std::exchange(soon_, 0));
  // Last: it may run the check again, or destroy it.
  std::exchange(done_, nullptr)(std::move(outcome));
}

} // namespace

std::unique_ptr<check> make_tcp_check(loop& l, resolver& names, tls_trust& trust,
                                      const check_spec& spec) {
  return std::make_unique<tcp_checker>(l, names, trust, spec);
}

} // namespace reeve::io
