#pragma once

#include "io/checks/session_check.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace reeve::io {

class loop;

/// libpq's connection parameters, by keyword.
using postgres_parameters = std::map<std::string, std::string>;

/// A connection that answers with the fields of one query. `query` and `fields` live
/// longer. REQUIRES: `p` names no host to look up but has its `hostaddr`.
std::unique_ptr<session> make_postgres_session(loop& l, const std::string& query,
                                               const std::vector<field_condition>& fields,
                                               postgres_parameters p);

} // namespace reeve::io
