#include "io/checks/push_check.hpp"

#include "io/loop/loop.hpp"

#include <utility>

namespace reeve::io {

namespace {

using kind = check_outcome::kind;

class push_checker final : public check {
public:
  explicit push_checker(loop& l) : home_{l} {
  }

  ~push_checker() override {
    if (done_)
      finish({kind::cancelled});
  }

  void run(completion done) override {
    done_ = std::move(done);
    timer_ = home_.call_after(std::chrono::milliseconds{0}, [this] {
      finish({kind::not_run, {}, "only the running daemon knows what was pushed to it"});
    });
  }

private:
  void finish(check_outcome outcome) {
    home_.cancel(std::exchange(timer_, 0));
    // Last: it may run the check again, or destroy it.
    std::exchange(done_, nullptr)(std::move(outcome));
  }

  loop& home_;
  completion done_;
  loop::timer_id timer_ = 0;
};

} // namespace

std::unique_ptr<check> make_push_check(loop& l) {
  return std::make_unique<push_checker>(l);
}

} // namespace reeve::io
