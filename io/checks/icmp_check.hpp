#pragma once

#include "io/checks/check.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <memory>

namespace reeve::io {

class loop;
class resolver;

/// One echo request through the kernel's ping socket, which needs no privilege but a
/// group in net.ipv4.ping_group_range: without, `not_run`. REQUIRES: `spec.target` is an
/// `icmp_check`; `names` lives longer.
std::unique_ptr<check> make_icmp_check(loop& l, resolver& names, const check_spec& spec);

} // namespace reeve::io
