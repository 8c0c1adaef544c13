#include "io/loop/file_limit.hpp"

namespace reeve::io {

namespace {

rlim_t at_start = 0; // 0: was not raised

} // namespace

void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
    return;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
    at_start = before;
}

rlim_t file_limit_at_start() {
  return at_start;
}

original_file_limit::original_file_limit() {
  if (at_start == 0 || getrlimit(RLIMIT_NOFILE, &raised_) != 0)
    return;
  rlimit lower = raised_;
  lower.rlim_cur = at_start;
  lowered_ = setrlimit(RLIMIT_NOFILE, &lower) == 0;
}

original_file_limit::~original_file_limit() {
  if (lowered_)
    setrlimit(RLIMIT_NOFILE, &raised_);
}

} // namespace reeve::io
