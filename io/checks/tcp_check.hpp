#pragma once

#include "io/checks/check.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <memory>

namespace reeve::io {

class loop;
class resolver;
class tls_trust;

/// Connects and, where the check asks for it, makes a TLS handshake, says something and
/// listens until what came is what is expected, the peer closes, 64 KiB came or the time
/// is over. Otherwise the connection is at once reset: neither side is left with a port
/// that waits. REQUIRES: `spec.target` is a `tcp_check`; `names` and `trust`
/// live longer.
std::unique_ptr<check> make_tcp_check(loop& l, resolver& names, tls_trust& trust,
                                      const check_spec& spec);

} // namespace reeve::io
