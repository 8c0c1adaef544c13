#pragma once

#include "storage/database.hpp"
#include "supervisor/tree/remembered.hpp"

namespace reeve::storage {

// REQUIRES of both: today's schema.

/// All of it. What this Reeve has no word for is left out.
remembered read_all(database& db);

/// Puts each in the place of what has its name; blanks take it away. Part of the caller's
/// transaction.
void write(database& db, const remembered& changes);

/// Takes everything away.
void clear(database& db);

} // namespace reeve::storage
