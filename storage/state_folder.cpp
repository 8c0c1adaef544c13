#include "storage/state_folder.hpp"

#include "storage/rows.hpp"
#include "storage/schema.hpp"
#include "supervisor/text.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <utility>

namespace reeve::storage {

namespace {

std::string why(int error) {
  return std::generic_category().message(error);
}

bool is_same_file(int fd, const std::filesystem::path& file) {
  struct stat open {};
  struct stat named {};
  return fd >= 0 && fstat(fd, &open) == 0 && stat(file.c_str(), &named) == 0
         && open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

/// What this many transactions are told by, always as long.
constexpr std::size_t digits = 20;

std::int64_t times_noted(int fd) {
  std::string text(digits, ' ');
  const auto n = pread(fd, text.data(), text.size(), 0);
  return n > 0 ? std::strtoll(text.c_str(), nullptr, 10) : 0;
}

std::uint64_t big_endian(const std::string& bytes, std::size_t at, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = at; i < at + size; ++i)
    number = number << 8U | static_cast<unsigned char>(bytes[i]);
  return number;
}

/// What SQLite itself says nothing of when a file is too short. By its documented header; empty:
/// it is as long as it says. `has_log`: pages may be there instead.
std::string how_cut_off(const std::filesystem::path& file, bool has_log) {
  constexpr std::size_t header = 100;
  std::error_code failed;
  const auto size = std::filesystem::file_size(file, failed);
  if (failed)
    return "";
  if (size == 0)
    return "it is empty";
  std::string head(header, '\0');
  std::ifstream{file, std::ios::binary}.read(head.data(), header);
  if (size >= header && !head.starts_with("SQLite format 3"))
    return ""; // SQLite will say so
  const auto page = std::max<std::uint64_t>(512, big_endian(head, 16, 2));
  const auto pages = big_endian(head, 28, 4);
  const bool knows_pages = big_endian(head, 24, 4) == big_endian(head, 92, 4);
  const bool lacks_pages = !has_log && knows_pages && size < pages * page;
  return size < header || size % page != 0 || lacks_pages ? "it is cut off" : "";
}

} // namespace

state_folder::state_folder(std::filesystem::path folder)
    : folder_{std::move(folder)}, file_{folder_ / "reeve.db"}, log_{file_.string() + "-wal"} {
}

state_folder::~state_folder() {
  close();
}

void state_folder::close() {
  db_.reset();
  if (lock_ >= 0)
    ::close(std::exchange(lock_, -1));
}

std::optional<folder_trouble> state_folder::open(remembered& content) {
  db_.reset();
  if (auto trouble = lock())
    return trouble;
  auto trouble = open_file(content);
  const auto failure = db_ ? db_->failure() : std::nullopt;
  if (!failure || !failure->damaged)
    return trouble;
  db_.reset();
  return set_aside(failure->reason) ? open_file(content = {}) : trouble;
}

std::optional<folder_trouble> state_folder::open_file(remembered& content) {
  std::error_code ignored;
  const bool is_there = std::filesystem::exists(std::filesystem::symlink_status(file_, ignored));
  const bool has_log = std::filesystem::exists(log_, ignored);
  auto why = is_there ? how_cut_off(file_, has_log && std::filesystem::file_size(log_, ignored) > 0)
             : has_log                  ? "it is missing, its log is there"
             : times_ > 0 && !is_aside_ ? "it is missing"
                                        : "";
  if (!why.empty() && !set_aside(why))
    return folder_trouble{false, file_.string() + " is damaged (" + why + "), and cannot be moved"};
  if (!is_there || !why.empty())
    if (auto trouble = make_file())
      return trouble;
  const int fd = ::open(file_.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return folder_trouble{false, "cannot open " + file_.string() + ": " + storage::why(errno)};
  ::close(fd);
  db_ = std::make_unique<database>(file_.string());
  return read(content);
}

/// It appears whole or not at all: a file that is empty or cut off lost something.
std::optional<folder_trouble> state_folder::make_file() {
  const std::filesystem::path fresh = file_.string() + ".new";
  std::error_code failed;
  std::filesystem::remove(fresh.string() + "-wal", failed);
  // Before SQLite does: reasons and names are nobody else's business.
  const int fd = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    return folder_trouble{false, "cannot make " + file_.string() + ": " + why(errno)};
  ::close(fd);
  std::optional<database_failure> failure;
  {
    database db{fresh.string()};
    migrate(db);
    count_writing(db, times_);
    failure = db.failure();
  }
  if (!failure)
    std::filesystem::rename(fresh, file_, failed);
  if (!failure && !failed) {
    is_aside_ = false;
    return std::nullopt;
  }
  const auto reason = failure ? failure->reason : failed.message();
  std::filesystem::remove(fresh, failed);
  return folder_trouble{false, "cannot make " + file_.string() + ": " + reason};
}

std::optional<folder_trouble> state_folder::make() const {
  std::error_code failed, ignored;
  if (std::filesystem::create_directories(folder_, failed))
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all, ignored);
  const auto found = std::filesystem::status(folder_, ignored);
  if (std::filesystem::is_directory(found))
    return std::nullopt;
  if (std::filesystem::exists(found))
    return folder_trouble{true, folder_.string() + " is no folder: name another --state-dir"};
  return folder_trouble{false, "cannot make " + folder_.string() + ": " + failed.message()};
}

std::optional<folder_trouble> state_folder::lock() {
  const auto name = folder_ / "reeve.lock";
  if (is_same_file(lock_, name))
    return std::nullopt;
  if (auto trouble = make())
    return trouble;
  const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return folder_trouble{false, "cannot write to " + folder_.string() + ": " + why(errno)};
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const bool is_held = errno == EWOULDBLOCK;
    const auto reason = why(errno);
    ::close(fd);
    if (is_held)
      return folder_trouble{true, "another Reeve uses " + folder_.string()
                                    + ": stop it, or name another --state-dir"};
    return folder_trouble{false, "cannot lock " + name.string() + ": " + reason};
  }
  if (lock_ >= 0)
    ::close(lock_);
  lock_ = fd;
  times_ = times_noted(fd);
  return std::nullopt;
}

std::optional<folder_trouble> state_folder::read(remembered& content) {
  auto& db = *db_;
  const auto check = db.text("PRAGMA quick_check(1)");
  if (!db.failure() && check != "ok")
    db.fail({true, one_line(check, 200)});
  if (const int schema = schema_of(db); schema > newest_schema())
    return folder_trouble{true, file_.string() + " was written by a newer Reeve (schema "
                                  + std::to_string(schema) + ", this one knows "
                                  + std::to_string(newest_schema())
                                  + "): use that one, or name another --state-dir"};
  if (times_written(db) < times_ && !db.failure())
    if (auto trouble = keep_copy())
      return trouble;
  migrate(*db_);
  content = read_all(*db_);
  times_ = std::max(times_, times_written(*db_));
  return not_usable();
}

std::optional<folder_trouble> state_folder::not_usable() const {
  if (const auto& failure = db_->failure())
    return folder_trouble{false, "cannot use " + file_.string() + ": " + failure->reason};
  return std::nullopt;
}

/// What was committed is not all there: its log is damaged, cut off or gone, or the file is an
/// older one. SQLite goes on with the rest of it and says nothing.
std::optional<folder_trouble> state_folder::keep_copy() {
  const auto lost = times_ - times_written(*db_);
  const auto to = name_aside("corrupt");
  db_->leave_log();
  db_.reset();
  std::error_code failed, ignored;
  std::filesystem::copy_file(file_, to, failed);
  if (std::filesystem::exists(log_, ignored))
    std::filesystem::copy_file(log_, to.string() + "-wal", ignored);
  spdlog::error("{} is damaged (the newest writes are missing: {} of {}): {}; what it remembers of "
                "services is older than that",
                file_.string(), lost, times_,
                failed ? "no copy could be kept" : "a copy is kept as " + to.string());
  db_ = std::make_unique<database>(file_.string());
  db_->run("BEGIN IMMEDIATE");
  count_writing(*db_, times_);
  db_->run("COMMIT"); // so it is said once
  return not_usable();
}

std::optional<folder_trouble> state_folder::write(const remembered& changes, bool whole) {
  if (auto trouble = look())
    return trouble;
  auto& db = *db_;
  db.run("BEGIN IMMEDIATE");
  if (whole)
    clear(db);
  storage::write(db, changes);
  count_writing(db, times_ + 1);
  db.run("COMMIT");
  if (const auto failure = db.failure())
    return closed_for(*failure);
  ++times_;
  note_times();
  return std::nullopt;
}

/// After the file, so that a kill between the two looks like nothing. Where there is no room for it
/// the older number stays, which says less.
void state_folder::note_times() {
  auto text = std::to_string(times_);
  text.insert(0, digits - text.size(), '0');
  if (pwrite(lock_, text.data(), text.size(), 0) < 0)
    spdlog::debug("cannot note in the lock how often {} was written: {}", file_.string(),
                  why(errno));
}

std::optional<folder_trouble> state_folder::look() {
  if (!db_->has_moved() && is_same_file(lock_, folder_ / "reeve.lock"))
    return std::nullopt;
  db_.reset();
  return folder_trouble{false, file_.string() + " is not where it was"};
}

std::optional<folder_trouble> state_folder::closed_for(const database_failure& why) {
  db_.reset();
  if (why.damaged)
    set_aside(why.reason);
  return folder_trouble{false, "cannot write " + file_.string() + ": " + why.reason};
}

std::filesystem::path state_folder::name_aside(const char* why) const {
  auto when =
    rfc3339(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
  std::erase(when, ':');
  const auto name = file_.string() + "." + why + "-" + when;
  auto free = name;
  std::error_code ignored;
  for (int i = 2;
       std::filesystem::exists(free, ignored) || std::filesystem::exists(free + "-wal", ignored);
       ++i)
    free = name + "-" + std::to_string(i);
  return free;
}

/// With its log, in which the newest of it may stand, and which the next file must not take for its
/// own.
bool state_folder::move_aside(const std::filesystem::path& to) {
  for (const auto& [from, end] : {std::pair{log_, to.string() + "-wal"}, {file_, to.string()}}) {
    std::error_code failed;
    std::filesystem::rename(from, end, failed);
    if (failed && failed != std::errc::no_such_file_or_directory)
      return false;
  }
  is_aside_ = true;
  return true;
}

bool state_folder::set_aside(const std::string& why) {
  const auto to = name_aside("corrupt");
  if (!move_aside(to))
    return false;
  std::error_code ignored;
  const bool is_kept =
    std::filesystem::exists(to, ignored) || std::filesystem::exists(to.string() + "-wal", ignored);
  spdlog::error("{} is damaged ({}): {}a new one begins; what it remembered of services is lost",
                file_.string(), why, is_kept ? "it is kept as " + to.string() + ", and " : "");
  return true;
}

std::optional<folder_trouble> state_folder::begin_anew() {
  db_.reset();
  const auto to = name_aside("unread");
  if (!move_aside(to))
    return folder_trouble{false, "cannot move " + file_.string()};
  spdlog::warn(
    "{} could not be read when Reeve began, and what happened since is newer: it is kept "
    "as {}, and a new one begins",
    file_.string(), to.string());
  remembered nothing;
  return open_file(nothing);
}

} // namespace reeve::storage
