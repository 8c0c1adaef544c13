#pragma once

#include "io/checks/check.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <memory>

namespace reeve::io {

class loop;
class resolver;

/// AUTH and SELECT on a new connection where the spec asks for them, then PING, and
/// INFO if the expectation compares fields: they are looked up in it by name (`role`,
/// `used_memory`, `db0`). More than a megabyte of answers is a failure. No TLS.
/// REQUIRES: `spec.target` is a `redis_check`.
std::unique_ptr<check> make_redis_check(loop& l, resolver& names, const check_spec& spec);

} // namespace reeve::io
