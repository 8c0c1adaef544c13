#include "io/checks/file_guard.hpp"

#include "io/checks/file_check.hpp"
#include "io/checks/postgres_check.hpp"
#include "io/loop/descriptor.hpp"

#include <fcntl.h>

#include <utility>
#include <variant>

namespace reeve::io {

namespace {

using kind = check_outcome::kind;

class guarded_check final : public check {
public:
  guarded_check(std::unique_ptr<check> inner, std::vector<std::unique_ptr<check>> files)
      : inner_{std::move(inner)}, files_{std::move(files)} {
  }
  ~guarded_check() override {
    files_.clear();
    inner_.reset();
  }

  void run(completion done) override {
    done_ = std::move(done);
    go_on(0);
  }

private:
  void go_on(std::size_t file) {
    if (file == files_.size())
      return inner_->run(std::exchange(done_, nullptr));
    files_[file]->run([this, file](check_outcome o) {
      if (o.what == kind::answered)
        return go_on(file + 1);
      // Last: it may run the check again, or destroy it.
      std::exchange(done_, nullptr)(std::move(o));
    });
  }

  completion done_; ///< while the files are looked at
  std::unique_ptr<check> inner_;
  std::vector<std::unique_ptr<check>> files_;
};

check_outcome look_at(const watched_file& file) {
  // Not blocking, lest a pipe wait for its writer; a socket does not open, but was found.
  const descriptor opened{open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  return {};
}

std::vector<std::string> named(std::vector<std::string> files) {
  std::erase(files, "");
  return files;
}

} // namespace

std::vector<std::string> files_of(const check_target& target) {
  if (const auto* http = std::get_if<http_check>(&target))
    return named(
      {http->tls.ca_file, http->tls.certificate_file, http->tls.key_file, http->unix_socket});
  if (const auto* tcp = std::get_if<tcp_check>(&target)) {
    const auto tls = tcp->tls.value_or(tls_options{});
    return named({tls.ca_file, tls.certificate_file, tls.key_file, tcp->unix_socket});
  }
  if (const auto* redis = std::get_if<redis_check>(&target))
    return named({redis->unix_socket});
  if (const auto* postgres = std::get_if<postgres_check>(&target))
    return files_of(*postgres);
  return {};
}

std::unique_ptr<check> make_file_guard(loop& l, std::unique_ptr<check> inner,
                                       const std::vector<std::string>& files,
                                       std::chrono::milliseconds timeout) {
  if (files.empty())
    return inner;
  std::vector<std::unique_ptr<check>> looks;
  for (const auto& file : files)
    looks.push_back(make_file_check(l, {file, "file"}, timeout, &look_at));
  return std::make_unique<guarded_check>(std::move(inner), std::move(looks));
}

} // namespace reeve::io
