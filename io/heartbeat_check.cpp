#include "io/heartbeat_check.hpp"

#include "io/descriptor.hpp"
#include "io/heartbeat_time.hpp"
#include "io/loop.hpp"
#include "supervisor/text.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <system_error>
#include <utility>

namespace reeve::io {

namespace {

using std::chrono::milliseconds;
using kind = check_outcome::kind;

check_outcome cannot_read(const std::string& file, int error) {
  if (error == ENOENT || error == ENOTDIR)
    return {kind::failed, {}, "no heartbeat file '" + file + "'"};
  const auto why =
    error == 0 ? "it is not an ordinary file" : std::generic_category().message(error);
  return {kind::not_run, {}, "cannot read heartbeat file '" + file + "': " + why};
}

check_outcome read_heartbeat(const std::string& file) {
  // Not blocking, lest a pipe wait for its writer.
  const descriptor opened{open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat facts {};
  if (!opened || fstat(opened.get(), &facts) != 0)
    return cannot_read(file, errno);
  if (!S_ISREG(facts.st_mode))
    return cannot_read(file, 0);
  std::array<char, 128> buffer;
  const auto n = read(opened.get(), buffer.data(), buffer.size());
  if (n < 0)
    return cannot_read(file, errno);
  const heartbeat_time changed{static_cast<double>(facts.st_mtim.tv_sec)
                               + static_cast<double>(facts.st_mtim.tv_nsec) / 1e9};
  const auto written = timestamp_in({buffer.data(), static_cast<std::size_t>(n)}).value_or(changed);
  const auto age = heartbeat_age(written, std::chrono::system_clock::now().time_since_epoch());
  if (!age)
    return {kind::not_run, {}, age.sentence()};
  check_outcome outcome;
  outcome.answer.age = *age;
  return outcome;
}

/// A reading on a pool thread, which may outlast its check.
struct reading {
  std::string file;
  check_outcome outcome;
  std::function<void(reading&)> done; ///< loop thread only
  bool finished = false;              ///< loop thread only
};

class heartbeat_checker final : public check {
public:
  heartbeat_checker(loop& l, const check_spec& spec)
      : home_{l}, file_{std::get<heartbeat_check>(spec.target).file}, timeout_{spec.timeout} {
  }

  ~heartbeat_checker() override {
    if (reading_)
      reading_->done = nullptr;
    if (done_)
      finish({kind::cancelled});
  }

  void run(completion done) override;

private:
  void start_reading();
  check_outcome hangs() const;
  void finish(check_outcome outcome);

  loop& home_;
  std::string file_;
  milliseconds timeout_;
  completion done_;
  std::shared_ptr<reading> reading_; ///< the newest
  mono_time started_;
  loop::timer_id timer_ = 0;
};

void heartbeat_checker::run(completion done) {
  done_ = std::move(done);
  started_ = std::chrono::steady_clock::now();
  // A second reader of a file system that hangs would hang too, and they take the
  // pool's threads.
  const bool hanging = reading_ && !reading_->finished;
  timer_ = home_.call_after(hanging ? milliseconds{0} : timeout_, [this] { finish(hangs()); });
  if (!hanging)
    start_reading();
}

void heartbeat_checker::start_reading() {
  reading_ = std::make_shared<reading>();
  reading_->file = file_;
  reading_->done = [this](reading& r) {
    if (!done_)
      return; // too late for its run
    r.outcome.answer.latency =
      std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - started_);
    finish(std::move(r.outcome));
  };
  home_.in_background([r = reading_] { r->outcome = read_heartbeat(r->file); },
                      [r = reading_] {
                        r->finished = true;
                        if (const auto tell = std::exchange(r->done, nullptr))
                          tell(*r);
                      });
}

check_outcome heartbeat_checker::hangs() const {
  return {kind::not_run,
          {},
          "reading heartbeat file '" + file_ + "' takes longer than " + describe(timeout_)};
}

void heartbeat_checker::finish(check_outcome outcome) {
  home_.cancel(std::exchange(timer_, 0));
  // Last: it may run the check again, or destroy it.
  std::exchange(done_, nullptr)(std::move(outcome));
}

} // namespace

std::unique_ptr<check> make_heartbeat_check(loop& l, const check_spec& spec) {
  return std::make_unique<heartbeat_checker>(l, spec);
}

} // namespace reeve::io
