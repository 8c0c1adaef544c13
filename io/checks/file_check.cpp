#include "io/checks/file_check.hpp"

#include "io/loop/loop.hpp"
#include "supervisor/text.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <system_error>
#include <utility>

namespace reeve::io {

namespace {

using std::chrono::milliseconds;
using kind = check_outcome::kind;
using reader = std::function<check_outcome(const watched_file&)>;

/// A reading in the background, which may outlast its check.
struct reading {
  watched_file file;
  reader read;
  check_outcome outcome;
  std::function<void(reading&)> done; ///< loop thread only
  bool finished = false;              ///< loop thread only
};

class file_checker final : public check {
public:
  file_checker(loop& l, watched_file file, milliseconds timeout, reader read)
      : home_{l}, file_{std::move(file)}, timeout_{timeout}, read_{std::move(read)} {
  }

  ~file_checker() override {
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
  watched_file file_;
  milliseconds timeout_;
  reader read_;
  completion done_;
  std::shared_ptr<reading> reading_; ///< the newest
  mono_time started_;
  loop::timer_id timer_ = 0;
};

void file_checker::run(completion done) {
  done_ = std::move(done);
  started_ = std::chrono::steady_clock::now();
  // A second reader of a file system that hangs would hang too, and they take the
  // pool's threads.
  const bool hanging = reading_ && !reading_->finished;
  timer_ = home_.call_after(hanging ? milliseconds{0} : timeout_, [this] { finish(hangs()); });
  if (!hanging)
    start_reading();
}

void file_checker::start_reading() {
  reading_ = std::make_shared<reading>();
  reading_->file = file_;
  reading_->read = read_;
  reading_->done = [this](reading& r) {
    if (!done_)
      return; // too late for its run
    r.outcome.answer.latency =
      std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - started_);
    finish(std::move(r.outcome));
  };
  home_.in_background(
    "file " + file_.path, [r = reading_] { r->outcome = r->read(r->file); },
    [r = reading_] {
      r->finished = true;
      if (const auto tell = std::exchange(r->done, nullptr))
        tell(*r);
    });
}

check_outcome file_checker::hangs() const {
  return {kind::not_run,
          {},
          "reading " + file_.noun + " '" + file_.path + "' takes longer than "
            + describe(timeout_)};
}

void file_checker::finish(check_outcome outcome) {
  home_.cancel(std::exchange(timer_, 0));
  // Last: it may run the check again, or destroy it.
  std::exchange(done_, nullptr)(std::move(outcome));
}

} // namespace

check_outcome cannot_read(const watched_file& file, int os_error) {
  if (os_error == ENOENT || os_error == ENOTDIR)
    return {kind::failed, {}, "no " + file.noun + " '" + file.path + "'"};
  const auto why =
    os_error == 0 ? "it is not an ordinary file" : std::generic_category().message(os_error);
  return {kind::not_run, {}, "cannot read " + file.noun + " '" + file.path + "': " + why};
}

std::variant<opened_file, check_outcome> open_file(const watched_file& file) {
  // Not blocking, lest a pipe wait for its writer.
  descriptor fd{open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat facts {};
  if (!fd || fstat(fd.get(), &facts) != 0)
    return cannot_read(file, errno);
  if (!S_ISREG(facts.st_mode))
    return cannot_read(file, 0);
  const heartbeat_time written{static_cast<double>(facts.st_mtim.tv_sec)
                               + static_cast<double>(facts.st_mtim.tv_nsec) / 1e9};
  return opened_file{std::move(fd), written};
}

std::unique_ptr<check> make_file_check(loop& l, watched_file file, milliseconds timeout,
                                       reader read) {
  return std::make_unique<file_checker>(l, std::move(file), timeout, std::move(read));
}

} // namespace reeve::io
