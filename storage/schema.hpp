#pragma once

#include "storage/database.hpp"

namespace reeve::storage {

/// The number of today's schema.
int newest_schema();

/// That of the file; 0: it is new.
int schema_of(database& db);

/// Makes it today's, step by step, in one transaction. REQUIRES: it is not newer.
void migrate(database& db);

} // namespace reeve::storage
