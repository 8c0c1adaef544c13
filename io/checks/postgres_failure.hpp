#pragma once

#include "io/checks/check.hpp"

#include <string>

namespace reeve::io {

/// Whose fault libpq's words ("connection to server at ... failed: ...", "server closed
/// the connection ...") are, in one sentence part without the secret.
check_outcome explain_postgres_error(const std::string& words, const std::string& secret);

/// The same for the server's own words alone.
check_outcome refused_by_postgres(const std::string& words, const std::string& secret);

} // namespace reeve::io
