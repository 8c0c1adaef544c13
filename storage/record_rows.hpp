#pragma once

#include "storage/database.hpp"
#include "supervisor/tree/remembered.hpp"

#include <vector>

namespace reeve::storage {

// The part of `rows` that keeps what was decided. REQUIRES of both: today's schema.

/// Entries that this Reeve has no word for are left out.
std::vector<remembered_record> read_records(database& db);

/// Puts each in the place of the one before; blanks take it away.
void write_records(database& db, const std::vector<remembered_record>& changes);

} // namespace reeve::storage
