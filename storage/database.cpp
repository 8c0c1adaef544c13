#include "storage/database.hpp"

#include <sqlite3.h>

#include <utility>

namespace reeve::storage {

namespace {

constexpr int patience_ms = 1'000; // with other programs that have the file open

/// SQLITE_ERROR too: our own statements are right, so a table or column is not as it should be.
bool is_damage(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_ERROR
         || primary == SQLITE_MISMATCH || primary == SQLITE_CONSTRAINT;
}

} // namespace

database::database(const std::string& file) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (!succeeds(sqlite3_open_v2(file.c_str(), &raw_, flags, nullptr)))
    return;
  sqlite3_extended_result_codes(raw_, 1);
  sqlite3_busy_timeout(raw_, patience_ms);
  sqlite3_db_config(raw_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // Exclusive before the first access: the index of the log is then in our own memory.
  run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
      "PRAGMA cache_size = -512; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
      "PRAGMA journal_size_limit = 4194304");
}

database::~database() {
  sqlite3_close_v2(raw_);
}

void database::fail(database_failure why) {
  if (!failure_)
    failure_ = std::move(why);
}

bool database::succeeds(int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
    return true;
  const char* words = raw_ != nullptr ? sqlite3_errmsg(raw_) : sqlite3_errstr(code);
  fail({is_damage(code), words});
  return false;
}

void database::run(const std::string& sql) {
  if (!failure_)
    succeeds(sqlite3_exec(raw_, sql.c_str(), nullptr, nullptr, nullptr));
}

std::optional<std::int64_t> database::number(const std::string& sql) {
  statement s{*this, sql};
  return s.step() ? s.maybe_number() : std::nullopt;
}

std::string database::text(const std::string& sql) {
  statement s{*this, sql};
  return s.step() ? s.text() : "";
}

void database::leave_log() {
  sqlite3_db_config(raw_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

bool database::has_moved() {
  int moved = 0;
  return !failure_
         && sqlite3_file_control(raw_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK
         && moved != 0;
}

statement::statement(database& db, std::string_view sql) : db_{db} {
  if (!db_.failure_)
    db_.succeeds(
      sqlite3_prepare_v2(db_.raw_, sql.data(), static_cast<int>(sql.size()), &raw_, nullptr));
}

statement::~statement() {
  sqlite3_finalize(raw_);
}

statement& statement::add(std::int64_t value) {
  if (!db_.failure_)
    db_.succeeds(sqlite3_bind_int64(raw_, ++bound_, value));
  return *this;
}

statement& statement::add(std::string_view value) {
  // A null pointer would be bound as null.
  const char* data = value.empty() ? "" : value.data();
  if (!db_.failure_)
    db_.succeeds(sqlite3_bind_text(raw_, ++bound_, data, static_cast<int>(value.size()),
                                   SQLITE_TRANSIENT)); // NOLINT: SQLite's own cast
  return *this;
}

statement& statement::maybe(std::optional<std::int64_t> value) {
  if (value)
    return add(*value);
  if (!db_.failure_)
    db_.succeeds(sqlite3_bind_null(raw_, ++bound_));
  return *this;
}

statement& statement::maybe(const std::optional<std::string>& value) {
  return value ? add(std::string_view{*value}) : maybe(std::optional<std::int64_t>{});
}

bool statement::step() {
  column_ = 0;
  if (db_.failure_)
    return false;
  const int code = sqlite3_step(raw_);
  const bool row = code == SQLITE_ROW;
  if (db_.succeeds(code) && !row) {
    sqlite3_reset(raw_);
    bound_ = 0;
  }
  return row;
}

std::int64_t statement::number() {
  return sqlite3_column_int64(raw_, column_++);
}

std::optional<std::int64_t> statement::maybe_number() {
  if (sqlite3_column_type(raw_, column_) != SQLITE_NULL)
    return number();
  ++column_;
  return std::nullopt;
}

std::string statement::text() {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(raw_, column_));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(raw_, column_++));
  return data != nullptr ? std::string{data, size} : std::string{};
}

std::optional<std::string> statement::maybe_text() {
  if (sqlite3_column_type(raw_, column_) != SQLITE_NULL)
    return text();
  ++column_;
  return std::nullopt;
}

} // namespace reeve::storage
