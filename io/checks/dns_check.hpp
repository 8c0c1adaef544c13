#pragma once

#include "io/checks/check.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <memory>

namespace reeve::io {

class loop;
class resolver;

/// One question, never answered from memory. REQUIRES: `spec.target` is a `dns_check`;
/// `names` lives longer.
///
/// A name that does not exist, or has no such record, has failed. A `server` that is given
/// is itself what is watched: its silence or refusal is a failure. That of the machine's
/// own name servers says nothing about the name: `not_run`.
std::unique_ptr<check> make_dns_check(loop& l, resolver& names, const check_spec& spec);

} // namespace reeve::io
