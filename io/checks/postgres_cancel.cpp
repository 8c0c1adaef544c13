#include "io/checks/postgres_cancel.hpp"

#include <libpq-fe.h>

#include <array>
#include <atomic>
#include <system_error>
#include <thread>

namespace reeve::io {

namespace {

constexpr int most_at_once = 16;
std::atomic<int> under_way{0};

void cancel_now(PGcancel* cancel) {
  std::array<char, 256> ignored;
  PQcancel(cancel, ignored.data(), static_cast<int>(ignored.size()));
  PQfreeCancel(cancel);
  --under_way;
}

} // namespace

void cancel_query(PGcancel* cancel) {
  if (cancel == nullptr)
    return;
  if (++under_way <= most_at_once) {
    try {
      std::thread{cancel_now, cancel}.detach();
      return;
    } catch (const std::system_error&) { // no more threads here
    }
  }
  --under_way;
  PQfreeCancel(cancel);
}

} // namespace reeve::io
