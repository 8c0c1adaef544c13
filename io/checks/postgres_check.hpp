#pragma once

#include "io/checks/check.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <memory>
#include <string>
#include <vector>

namespace reeve::io {

class loop;
class resolver;

/// Files that libpq opens on the loop thread as it connects: those that the URL or the environment
/// names, its unix socket, and one in the home folder for all that it looks for there.
std::vector<std::string> files_of(const postgres_check& check);

/// One query over libpq, whose parameters and TLS rules are the URL's, but for these:
/// names are looked up by us, `connect_timeout` is the check's timeout, `gssencmode`
/// is `disable` unless the URL names it. A URL that names several hosts, or a `service`,
/// is not run.
///
/// The fields are `value`, the first column of the first row (absent: NULL, or no row),
/// and `rows`. Rows are counted as they come and not kept, so that only the largest one
/// needs memory; a value over 1 MB is a failure. A query that is still running when its
/// check is over is cancelled.
/// REQUIRES: `spec.target` is a `postgres_check`.
std::unique_ptr<check> make_postgres_check(loop& l, resolver& names, const check_spec& spec);

} // namespace reeve::io
