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

} // namespace

state_folder::state_folder(std::filesystem::path folder)
    : folder_{std::move(folder)}, file_{folder_ / "reeve.db"} {
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
  // Before SQLite does: reasons and names are nobody else's business.
  const int fd = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return folder_trouble{false, "cannot open " + file_.string() + ": " + why(errno)};
  ::close(fd);
  db_ = std::make_unique<database>(file_.string());
  auto trouble = read(content);
  const auto failure = db_->failure();
  if (!failure || !failure->damaged)
    return trouble;
  db_.reset();
  if (!set_aside(failure->reason))
    return trouble;
  db_ = std::make_unique<database>(file_.string());
  return read(content = {});
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
  migrate(db);
  content = read_all(db);
  if (const auto& failure = db.failure())
    return folder_trouble{false, "cannot use " + file_.string() + ": " + failure->reason};
  return std::nullopt;
}

std::optional<folder_trouble> state_folder::write(const remembered& changes, bool whole) {
  if (auto trouble = look())
    return trouble;
  auto& db = *db_;
  db.run("BEGIN IMMEDIATE");
  if (whole)
    clear(db);
  storage::write(db, changes);
  db.run("COMMIT");
  if (const auto failure = db.failure())
    return closed_for(*failure);
  return std::nullopt;
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

/// With its log, in which the newest of it may stand.
bool state_folder::set_aside(const std::string& why) {
  auto when =
    rfc3339(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
  std::erase(when, ':');
  auto to = file_.string() + ".corrupt-" + when;
  for (int i = 2; std::filesystem::exists(to); ++i)
    to = file_.string() + ".corrupt-" + when + "-" + std::to_string(i);
  std::error_code failed;
  std::filesystem::rename(file_, to, failed);
  if (failed)
    return false;
  std::error_code ignored;
  std::filesystem::rename(file_.string() + "-wal", to + "-wal", ignored);
  spdlog::error("{} is damaged ({}): it is kept as {}, and a new one begins; what it remembered of "
                "services is lost",
                file_.string(), why, to);
  return true;
}

} // namespace reeve::storage
