#include "io/checks/dns_check.hpp"

#include "io/checks/dns_answer.hpp"
#include "io/loop/descriptor.hpp"
#include "io/loop/loop.hpp"
#include "io/loop/own_limits.hpp"
#include "io/names/resolver.hpp"
#include "io/net/connect_failure.hpp"
#include "supervisor/text.hpp"

#define CARES_NO_DEPRECATED // its newer calls are not in Debian 12
#include <ares.h>
#include <errno.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace reeve::io {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using kind = check_outcome::kind;

std::string with_port(const dns_check& what) {
  const bool v6 = what.server.find(':') != std::string::npos && what.server.front() != '[';
  return (v6 ? "[" + what.server + "]" : what.server) + ":" + std::to_string(what.port);
}

/// What the kernel says of the way there at once; 0: nothing.
int way_error(const dns_check& what) {
  const auto to = literal_address(what.server, what.port);
  if (!to)
    return 0;
  const descriptor probe{socket(to->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  return probe && connect(probe.get(), reinterpret_cast<const sockaddr*>(&*to), sizeof *to) == 0
           ? 0
           : errno;
}

const char* refusal(int status) {
  switch (status) {
  case ARES_EFORMERR:
    return "FORMERR";
  case ARES_ESERVFAIL:
    return "SERVFAIL";
  case ARES_ENOTIMP:
    return "NOTIMP";
  case ARES_EREFUSED:
    return "REFUSED";
  default:
    return nullptr;
  }
}

class dns_checker final : public check {
public:
  dns_checker(loop& l, resolver& names, const check_spec& spec)
      : home_{l}, names_{names}, what_{std::get<dns_check>(spec.target)}, timeout_{spec.timeout},
        server_{what_.server.empty() ? "the machine's name server"
                                     : "name server " + with_port(what_)} {
  }

  ~dns_checker() override {
    if (done_)
      finish({kind::cancelled});
  }

  void run(completion done) override;

private:
  void ask_server();
  void answered(int status, const std::string& message);
  void told(const std::string& message);
  void not_answered(int status);
  void out_of_time();
  /// The server's failure, if it is what is watched.
  void server_failed(const std::string& how);
  std::string has_no_record() const;
  void finish(check_outcome outcome);

  loop& home_;
  resolver& names_;
  dns_check what_;
  milliseconds timeout_;
  std::string server_;

  // Of the run under way:
  completion done_;
  clock::time_point started_;
  std::shared_ptr<bool> asking_; ///< whoever answers holds it weakly
  std::unique_ptr<name_channel> channel_;
  loop::timer_id timer_ = 0;
};

void dns_checker::run(completion done) {
  done_ = std::move(done);
  started_ = clock::now();
  asking_ = std::make_shared<bool>(true);
  if (const int error = spare_descriptor_error(); error != 0) {
    timer_ =
      home_.call_after(milliseconds{0}, [this, error] { finish(outcome_of(*ran_out(error))); });
    return;
  }
  timer_ = home_.call_after(timeout_, [this] { out_of_time(); });
  if (!what_.server.empty())
    return ask_server();
  names_.ask_records(what_.name, type_number(what_.record),
                     [this, still = std::weak_ptr{asking_}](const std::string& problem, int status,
                                                            const std::string& message) {
                       if (still.expired())
                         return;
                       if (!problem.empty())
                         return finish({kind::not_run, {}, "cannot ask: " + problem});
                       answered(status, message);
                     });
}

/// A lost packet is sent again within the time there is.
void dns_checker::ask_server() {
  name_servers only{{with_port(what_)}};
  only.first_try = std::max(milliseconds{50}, timeout_ / 3);
  only.take_refusals = true;
  channel_ = std::make_unique<name_channel>(home_, only);
  if (channel_->raw() == nullptr) {
    home_.cancel(timer_);
    timer_ = home_.call_after(milliseconds{0}, [this] { finish(outcome_of(*ran_out(ENOMEM))); });
    return;
  }
  channel_->ask(what_.name, type_number(what_.record),
                [this, still = std::weak_ptr{asking_}](int status, const std::string& message) {
                  if (!still.expired())
                    answered(status, message);
                });
}

void dns_checker::answered(int status, const std::string& message) {
  if (status == ARES_SUCCESS)
    return told(message);
  if (status == ARES_ENOTFOUND)
    return finish({kind::failed, {}, has_no_record() + "NXDOMAIN, there is no such name"});
  if (status == ARES_ENODATA)
    return finish({kind::failed, {}, has_no_record() + "with none of that type"});
  if (const auto* how = refusal(status))
    return server_failed(server_ + " answered " + how + " to a question for "
                         + std::string{to_string(what_.record)} + " of '" + what_.name + "'");
  not_answered(status);
}

void dns_checker::told(const std::string& message) {
  auto answers = read_answers(message, what_.record);
  if (!answers)
    return server_failed(server_ + " sent an answer that cannot be read");
  if (answers->empty()) // an alias of what has none
    return finish({kind::failed, {}, has_no_record() + "with none of that type"});
  check_outcome outcome;
  outcome.answer.answers = std::move(*answers);
  outcome.answer.latency = std::chrono::duration_cast<milliseconds>(clock::now() - started_);
  finish(std::move(outcome));
}

void dns_checker::not_answered(int status) {
  if (out_of_descriptors())
    return finish(outcome_of(*ran_out(EMFILE)));
  if (status == ARES_ETIMEOUT)
    return server_failed(server_ + " did not answer");
  if (status == ARES_EBADRESP) // told at once by c-ares 1.34; older ones wait for a better answer
    return server_failed(server_ + " sent an answer that cannot be read");
  if (status != ARES_ECONNREFUSED)
    return server_failed(server_ + " could not be asked: " + ares_strerror(status));
  if (const int error = what_.server.empty() ? 0 : way_error(what_); error != 0)
    return finish(outcome_of(explain_connect_error(error)));
  server_failed(server_ + (what_.server.empty() ? " gave no answer" : ": connection refused"));
}

void dns_checker::out_of_time() {
  server_failed(server_ + " did not answer within " + describe(timeout_));
}

void dns_checker::server_failed(const std::string& how) {
  finish({what_.server.empty() ? kind::not_run : kind::failed, {}, how});
}

std::string dns_checker::has_no_record() const {
  return "'" + what_.name + "' has no " + std::string{to_string(what_.record)}
         + " record: " + server_ + " answered ";
}

void dns_checker::finish(check_outcome outcome) {
  asking_.reset();
  channel_.reset();
  home_.cancel(std::exchange(timer_, 0));
  // Last: it may run the check again, or destroy it.
  std::exchange(done_, nullptr)(std::move(outcome));
}

} // namespace

std::unique_ptr<check> make_dns_check(loop& l, resolver& names, const check_spec& spec) {
  return std::make_unique<dns_checker>(l, names, spec);
}

} // namespace reeve::io
