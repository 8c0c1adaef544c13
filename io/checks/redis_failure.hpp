#pragma once

#include <string>

namespace reeve::io {

/// What Redis' error reply ("NOAUTH Authentication required.") means, in words a person
/// likes, without the secret that it may repeat.
std::string explain_redis_error(const std::string& reply, const std::string& secret);

} // namespace reeve::io
