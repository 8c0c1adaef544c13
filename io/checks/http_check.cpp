#include "io/checks/http_check.hpp"

#include "io/checks/http_answer.hpp"
#include "io/checks/reply_body.hpp"
#include "io/checks/runs_per_connection.hpp"
#include "io/loop/loop.hpp"

#include <optional>
#include <utility>

namespace reeve::io {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using kind = check_outcome::kind;

std::vector<std::string> names_of(const std::vector<header_condition>& conditions) {
  std::vector<std::string> names;
  for (const auto& condition : conditions)
    names.push_back(condition.name);
  return names;
}

/// Of a check that goes nowhere else and needs no more than its request.
const http_check plain;

std::unique_ptr<const http_check> special_part(const http_check& what) {
  const bool is_plain =
    what.url.starts_with("http:") && what.max_redirects == 0 && what.unix_socket.empty();
  return is_plain ? nullptr : std::make_unique<const http_check>(what);
}

class http_checker final : public check {
public:
  http_checker(http_share& share, const check_spec& spec)
      : share_{share}, special_{special_part(std::get<http_check>(spec.target))},
        request_{std::get<http_check>(spec.target)}, timeout_{spec.timeout},
        body_rules_{spec.expect}, header_names_{names_of(spec.expect.headers)} {
  }

  ~http_checker() override {
    if (now_)
      finish({kind::cancelled});
  }

  void run(completion done) override {
    now_ = std::make_unique<running>(*this, std::move(done));
  }

private:
  /// The run under way.
  struct running {
    running(http_checker& c, completion d)
        : done{std::move(d)}, answer{c.body_rules_, c.header_names_},
          exchange{c.share_,
                   c.special_ ? *c.special_ : plain,
                   c.request_,
                   c.request_.keeps_connection ? &c.kept_ : nullptr,
                   {c.timeout_, runs_per_connection},
                   answer,
                   [&c](const http_exchange::ending& how) { c.finish(c.outcome_of(how)); }} {
    }

    completion done;
    clock::time_point begun = clock::now();
    http_answer answer;
    http_exchange exchange;
  };

  check_outcome outcome_of(const http_exchange::ending& how) const;
  void finish(check_outcome outcome);

  http_share& share_;
  std::unique_ptr<const http_check> special_; ///< null: as all plain ones are
  http_request request_;
  milliseconds timeout_;
  reply_body body_rules_;
  std::vector<std::string> header_names_; ///< that are expected
  kept_connection kept_;
  std::unique_ptr<running> now_; ///< null: none
};

check_outcome http_checker::outcome_of(const http_exchange::ending& how) const {
  if (how.problem)
    return io::outcome_of(*how.problem);
  if (auto problem = now_->answer.problem())
    return *std::move(problem);
  check_outcome outcome;
  auto& found = outcome.answer;
  found.latency = std::chrono::duration_cast<milliseconds>(clock::now() - now_->begun);
  if (how.certificate) {
    found.certificate_left =
      std::chrono::duration_cast<milliseconds>(how.certificate->ends - clock::now());
    found.certificate_is = how.certificate->which;
  }
  now_->answer.extract(found);
  return outcome;
}

void http_checker::finish(check_outcome outcome) {
  const auto ended = std::move(now_);
  // Last: it may run the check again, or destroy it.
  ended->done(std::move(outcome));
}

} // namespace

std::unique_ptr<check> make_http_check(http_share& share, const check_spec& spec) {
  return std::make_unique<http_checker>(share, spec);
}

} // namespace reeve::io
