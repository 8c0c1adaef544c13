#include "io/checks/icmp_check.hpp"

#include "io/loop/descriptor.hpp"
#include "io/loop/loop.hpp"
#include "io/loop/own_limits.hpp"
#include "io/names/resolver.hpp"
#include "io/net/connect_failure.hpp"
#include "supervisor/text.hpp"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace reeve::io {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using kind = check_outcome::kind;

/// The two families' echo messages are laid out alike. The kernel fills in checksum and
/// ident, and hands us the replies to our ident only; what is inside tells a stray one.
struct echo {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint16_t checksum = 0;
  std::uint16_t ident = 0;
  std::uint16_t sequence = 0;
  std::array<unsigned char, 32> mark{};
};

fault forbidden() {
  return {
    .reason =
      "Reeve may not send pings: the kernel's net.ipv4.ping_group_range must include its group "
      + std::to_string(getegid()),
    .ours = true};
}

class icmp_checker final : public check {
public:
  icmp_checker(loop& l, resolver& names, const check_spec& spec)
      : home_{l}, names_{names}, host_{std::get<icmp_check>(spec.target).host}, timeout_{
                                                                                  spec.timeout} {
  }

  ~icmp_checker() override {
    if (done_)
      finish({kind::cancelled});
  }

  void run(completion done) override;

private:
  void resolved(const resolution& r);
  void try_next();
  void could_not_ask(fault why);
  int send_to(const sockaddr_storage& address);
  void receive();
  bool is_ours(const echo& reply) const;
  void out_of_time();
  fault silence() const;
  void finish(check_outcome outcome);

  loop& home_;
  resolver& names_;
  std::string host_;
  milliseconds timeout_;
  std::uint16_t sequence_ = 0;

  // Of the run under way:
  completion done_;
  clock::time_point started_;
  std::optional<lookup> lookup_;
  std::vector<sockaddr_storage> addresses_;
  std::size_t next_ = 0;
  std::vector<fault> attempts_; ///< at the addresses before, which failed
  descriptor socket_;
  std::optional<read_watch> watch_; ///< ends before the socket
  echo request_;
  bool v6_ = false;
  loop::timer_id timer_ = 0;
  loop::timer_id turn_ = 0; ///< the next address'
};

void icmp_checker::run(completion done) {
  done_ = std::move(done);
  started_ = clock::now();
  timer_ = home_.call_after(timeout_, [this] { out_of_time(); });
  lookup_.emplace(names_, host_, 0, [this](const resolution& r) { resolved(r); });
}

void icmp_checker::resolved(const resolution& r) {
  if (r.what != resolution::kind::found)
    return finish(outcome_of(explain(r)));
  lookup_.reset();
  addresses_ = r.addresses;
  try_next();
}

/// Each address gets a fair share of the time.
void icmp_checker::try_next() {
  home_.cancel(std::exchange(turn_, 0));
  watch_.reset();
  if (next_ == addresses_.size()) {
    names_.forget(host_);
    return finish(outcome_of(fault_of_attempts(attempts_)));
  }
  const auto& address = addresses_[next_++];
  if (const int error = send_to(address); error != 0) {
    const bool not_allowed = !socket_ && (error == EACCES || error == EPERM);
    return could_not_ask(not_allowed ? forbidden() : explain_connect_error(error));
  }
  watch_.emplace(home_, socket_.get(), [this] { receive(); });
  if (const auto others = addresses_.size() - next_; others > 0) {
    const auto left = started_ + timeout_ - clock::now();
    turn_ = home_.call_after(
      std::chrono::duration_cast<milliseconds>(left / static_cast<int>(others + 1)),
      [this] { could_not_ask(silence()); });
  }
}

void icmp_checker::could_not_ask(fault why) {
  attempts_.push_back(std::move(why));
  try_next();
}

int icmp_checker::send_to(const sockaddr_storage& address) {
  socket_ = descriptor{};
  if (const int error = spare_descriptor_error(); error != 0)
    return error;
  v6_ = address.ss_family == AF_INET6;
  socket_ =
    descriptor{socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                      v6_ ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP))};
  if (!socket_)
    return errno;
  const int tell_errors = 1; // that routers send, too
  setsockopt(socket_.get(), v6_ ? SOL_IPV6 : SOL_IP, v6_ ? IPV6_RECVERR : IP_RECVERR, &tell_errors,
             sizeof tell_errors);
  request_.type = v6_ ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
  request_.sequence = htons(++sequence_);
  if (getrandom(request_.mark.data(), request_.mark.size(), 0) < 0)
    return errno;
  const auto size = v6_ ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address),
              static_cast<socklen_t>(size))
        != 0
      || send(socket_.get(), &request_, sizeof request_, 0) < 0)
    return errno;
  return 0;
}

void icmp_checker::receive() {
  for (;;) {
    echo reply;
    const auto n = recv(socket_.get(), &reply, sizeof reply, 0);
    if (n == static_cast<ssize_t>(sizeof reply) && is_ours(reply)) {
      check_outcome outcome;
      outcome.answer.latency = std::chrono::duration_cast<milliseconds>(clock::now() - started_);
      return finish(std::move(outcome));
    }
    const int error = n < 0 ? errno : 0;
    if (error == 0 || error == EINTR)
      continue;
    if (error == EAGAIN)
      return watch_->resume(); // libuv stops at errors
    return could_not_ask(ran_out(error).value_or(
      fault{.reason = "host is unreachable: " + std::generic_category().message(error)}));
  }
}

bool icmp_checker::is_ours(const echo& reply) const {
  return reply.type == (v6_ ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY)
         && reply.sequence == request_.sequence && reply.mark == request_.mark;
}

void icmp_checker::out_of_time() {
  if (lookup_)
    return finish(
      {kind::not_run, {}, "could not resolve host '" + host_ + "' within " + describe(timeout_)});
  names_.forget(host_);
  attempts_.push_back(silence());
  finish(outcome_of(fault_of_attempts(attempts_)));
}

fault icmp_checker::silence() const {
  return dropped_here().value_or(
    fault{.reason = "no reply to a ping within " + describe(timeout_)});
}

void icmp_checker::finish(check_outcome outcome) {
  lookup_.reset();
  watch_.reset();
  socket_ = descriptor{};
  addresses_.clear();
  next_ = 0;
  attempts_.clear();
  home_.cancel(std::exchange(timer_, 0));
  home_.cancel(std::exchange(turn_, 0));
  // Last: it may run the check again, or destroy it.
  std::exchange(done_, nullptr)(std::move(outcome));
}

} // namespace

std::unique_ptr<check> make_icmp_check(loop& l, resolver& names, const check_spec& spec) {
  return std::make_unique<icmp_checker>(l, names, spec);
}

} // namespace reeve::io
