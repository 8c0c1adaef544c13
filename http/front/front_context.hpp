#pragma once

#include "http/front/handler.hpp"
#include "http/front/limits.hpp"
#include "http/front/roster.hpp"
#include "supervisor/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace reeve::io {
class loop;
}

namespace reeve::http {

/// What all connections of a front share.
struct front_context {
  front_context(io::loop& l, front_limits limits);

  io::loop& loop;
  const front_limits limits;
  request_handler handle;
  answer_observer answered;
  reeve::http::roster roster;
  std::array<char, 16 * 1024> read_buffer; // what is read is consumed at once
  std::size_t unsent = 0;
  mono_time armed{}; // when the deadline timer will ring
  std::uint64_t timer = 0;

  /// Sees to it that deadlines are looked at in time.
  void arm(const std::shared_ptr<front_context>& self);
};

} // namespace reeve::http
