#pragma once

#include <chrono>
#include <cstddef>

namespace reeve::http {

/// What one client may ask of us, and all of them together.
struct front_limits {
  std::size_t connections = 16'384; ///< lowered to three quarters of the file limit
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 64 * 1024;
  std::size_t unsent_bytes = 64 * 1024 * 1024; ///< of all answers that clients have not taken yet
  std::size_t stream_bytes = 256 * 1024;       ///< a streamed answer's lead over its reader
  std::chrono::milliseconds request_deadline{5'000}; ///< from the first byte to the last
  std::chrono::milliseconds answer_deadline{5'000};  ///< for an answer that comes later
  std::chrono::milliseconds write_deadline{30'000};  ///< for the client to take an answer
  std::chrono::milliseconds idle_deadline{60'000};   ///< between requests
};

} // namespace reeve::http
