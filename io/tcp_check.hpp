#pragma once

#include "io/check.hpp"

#include <memory>

namespace reeve::io {

class resolver;

/// A connection is made and at once reset: neither side is left with a port that
/// waits. REQUIRES: `spec.target` is a `tcp_check`;
/// `names` lives longer.
std::unique_ptr<check> make_tcp_check(loop& l, resolver& names, const check_spec& spec);

} // namespace reeve::io
