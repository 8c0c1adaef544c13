#pragma once

#include "http/front/answer.hpp"
#include "http/front/request.hpp"

#include <chrono>
#include <functional>
#include <string_view>

namespace reeve::http {

/// Answers a request, at once or later, on the loop thread.
using request_handler = std::function<void(const request&, reply)>;

/// Hears of every answer.
using answer_observer = std::function<void(std::string_view method, std::string_view endpoint,
                                           int status, std::chrono::microseconds took)>;

} // namespace reeve::http
