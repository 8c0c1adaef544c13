#include "storage/schema.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace reeve::storage {

namespace {

// Times are milliseconds since 1970, durations milliseconds. A step that was released is never
// edited: there are files it made.
constexpr std::array steps{
  // 1: the service tree
  "CREATE TABLE services ("
  "  name TEXT PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL, alive INTEGER NOT NULL,"
  "  target INTEGER NOT NULL, restarts INTEGER NOT NULL, attempt INTEGER NOT NULL,"
  "  last_delay INTEGER NOT NULL, healthy_since INTEGER, due INTEGER, waits_for TEXT NOT NULL,"
  "  on_trial INTEGER NOT NULL, owed TEXT, owed_counted INTEGER NOT NULL"
  ") STRICT, WITHOUT ROWID;"
  "CREATE TABLE groups ("
  "  name TEXT PRIMARY KEY, due INTEGER, careful INTEGER NOT NULL, on_trial INTEGER NOT NULL,"
  "  reason TEXT NOT NULL"
  ") STRICT, WITHOUT ROWID;"
  "CREATE TABLE group_restarts ("
  "  name TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (name, number)"
  ") STRICT, WITHOUT ROWID",
  // 2: push deadlines
  "CREATE TABLE pushes ("
  "  service TEXT NOT NULL, name TEXT NOT NULL, known_since INTEGER NOT NULL, last_success INTEGER,"
  "  failed_at INTEGER, failure TEXT, started INTEGER, measured INTEGER, duration INTEGER,"
  "  PRIMARY KEY (service, name)"
  ") STRICT, WITHOUT ROWID",
  // 3: decisions, and how restarts turned out. An entry's `what` is a word of either; the `delay`
  // of an outcome is after what time it came.
  "ALTER TABLE services ADD COLUMN trial_since INTEGER;"
  "ALTER TABLE services ADD COLUMN trial_helped INTEGER NOT NULL DEFAULT 0;"
  "CREATE TABLE records ("
  "  service TEXT PRIMARY KEY, total INTEGER NOT NULL, outcome_at INTEGER, outcome TEXT,"
  "  outcome_after INTEGER"
  ") STRICT, WITHOUT ROWID;"
  "CREATE TABLE record_entries ("
  "  service TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL,"
  "  reason TEXT NOT NULL, numbers TEXT NOT NULL, delay INTEGER NOT NULL,"
  "  attempt INTEGER NOT NULL, in_window INTEGER NOT NULL, most INTEGER NOT NULL,"
  "  within INTEGER NOT NULL, PRIMARY KEY (service, number)"
  ") STRICT, WITHOUT ROWID",
  // 4: windows of one's own: of a service, or of a group as the member of another; and whose the
  // restarts in a group's window are.
  "ALTER TABLE group_restarts ADD COLUMN member TEXT NOT NULL DEFAULT '';"
  "CREATE TABLE own_restarts ("
  "  owner TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL,"
  "  PRIMARY KEY (owner, name, number)"
  ") STRICT, WITHOUT ROWID",
  // 5: how often it was written
  "CREATE TABLE written (times INTEGER NOT NULL) STRICT;"
  "INSERT INTO written VALUES (0)",
};

} // namespace

int newest_schema() {
  return static_cast<int>(steps.size());
}

int schema_of(database& db) {
  return static_cast<int>(db.number("PRAGMA user_version").value_or(0));
}

std::int64_t times_written(database& db) {
  const auto counts = db.number("SELECT count(*) FROM sqlite_schema WHERE name = 'written'");
  return counts == 1 ? db.number("SELECT times FROM written").value_or(0) : 0;
}

void count_writing(database& db, std::int64_t times) {
  statement{db, "UPDATE written SET times = ?"}.add(times).run();
}

void migrate(database& db) {
  const int known = schema_of(db);
  if (known == newest_schema())
    return;
  db.run("BEGIN IMMEDIATE");
  for (auto step = static_cast<std::size_t>(known < 0 ? 0 : known); step < steps.size(); ++step)
    db.run(steps[step]);
  db.run("PRAGMA user_version = " + std::to_string(newest_schema()));
  db.run("COMMIT");
}

} // namespace reeve::storage
