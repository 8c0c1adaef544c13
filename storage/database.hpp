#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace reeve::storage {

/// Why a database cannot be used any more.
struct database_failure {
  bool damaged = false; ///< the file is not, or no longer, what it should be
  std::string reason;   ///< in SQLite's words
};

/// One connection. The first failure is kept and ends it: whatever is called afterwards does
/// nothing, so a transaction is written straight down and asked about at its end. One thread.
class database {
public:
  /// Opens `file`, or makes it; exclusively, and in such a way that what was committed outlives
  /// this process.
  explicit database(const std::string& file);
  /// What was not committed is undone.
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  void run(const std::string& sql);
  /// The first column of the first row; none: no row, or null.
  std::optional<std::int64_t> number(const std::string& sql);
  std::string text(const std::string& sql);

  /// What is in the log stays there when this ends, as it is.
  void leave_log();

  /// The file that was opened is not the one of its name any more.
  bool has_moved();

  const std::optional<database_failure>& failure() const {
    return failure_;
  }
  void fail(database_failure why);

private:
  friend class statement;

  bool succeeds(int code);

  sqlite3* raw_ = nullptr;
  std::optional<database_failure> failure_;
};

/// One prepared statement: bound from the left, then stepped. It may be used again after it was
/// stepped to its end. The database must live longer.
class statement {
public:
  statement(database& db, std::string_view sql);
  ~statement();
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  statement& add(std::int64_t value);
  statement& add(std::string_view value);
  statement& maybe(std::optional<std::int64_t> value);
  statement& maybe(const std::optional<std::string>& value);

  /// A row is there; false: there are no more, or the database failed.
  bool step();
  /// For what yields no rows.
  void run() {
    step();
  }

  /// The columns of the row, from the left.
  std::int64_t number();
  std::optional<std::int64_t> maybe_number();
  std::string text();
  std::optional<std::string> maybe_text();

private:
  database& db_;
  sqlite3_stmt* raw_ = nullptr;
  int bound_ = 0;
  int column_ = 0;
};

} // namespace reeve::storage
