#pragma once

#include "storage/database.hpp"

#include <cstdint>

namespace reeve::storage {

/// The number of today's schema.
int newest_schema();

/// That of the file; 0: it is new.
int schema_of(database& db);

/// How many transactions of ours are in it; 0 for a schema that did not count them.
std::int64_t times_written(database& db);
/// Part of each of them. REQUIRES: today's schema.
void count_writing(database& db, std::int64_t times);

/// Makes it today's, step by step, in one transaction. REQUIRES: it is not newer.
void migrate(database& db);

} // namespace reeve::storage
