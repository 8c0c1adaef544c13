#pragma once

#include "storage/state_store.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

namespace reeve::storage {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A folder for the state, and what was kept in it.
struct state_fixture : testing::Test {
  state_fixture() {
    // In memory where that can be: nothing here is about waiting for a disk.
    const bool in_memory = access("/dev/shm", W_OK | X_OK) == 0;
    auto pattern =
      ((in_memory ? fs::path{"/dev/shm"} : fs::temp_directory_path()) / "reeve-state-XXXXXX")
        .string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    base = pattern;
    folder = base / "state";
  }
  ~state_fixture() override {
    close();
    if (mounted)
      umount2(folder.c_str(), MNT_DETACH);
    std::error_code ignored;
    fs::permissions(folder, fs::perms::owner_all, ignored);
    fs::remove_all(base, ignored);
  }

  fs::path file() const {
    return folder / "reeve.db";
  }

  /// Trouble is tried again at once, so that nobody waits for it.
  static state_store::pauses impatient() {
    return {.gathering = 1ms, .first_retry = 1ms, .longest_retry = 5ms};
  }

  /// The one before is closed, as at a clean end.
  result<remembered> open() {
    close();
    store.emplace(folder.string(), impatient());
    return store->open(60s);
  }
  void close() {
    if (store)
      store->close(60s);
    store.reset();
  }
  /// REQUIRES: it can be opened.
  remembered reopened() {
    auto content = open();
    EXPECT_TRUE(content) << content.sentence();
    return content ? *content : remembered{};
  }

  /// Returns once it is on the disk, or could not be written.
  void keep(const remembered& changes) {
    std::promise<void> kept;
    store->keep(changes, [&] { kept.set_value(); });
    ASSERT_EQ(kept.get_future().wait_for(60s), std::future_status::ready);
  }

  /// As a process that was killed would have left it.
  remembered left_by_a_kill() const {
    const auto copy = base / "copy";
    fs::remove_all(copy);
    fs::create_directory(copy);
    for (const auto& entry : fs::directory_iterator{folder})
      fs::copy_file(entry.path(), copy / entry.path().filename());
    state_store other{copy.string()};
    auto content = other.open(60s);
    EXPECT_TRUE(content) << content.sentence();
    other.close(60s);
    return content ? *content : remembered{};
  }

  bool is_well() const {
    return store->health().trouble.empty();
  }
  static bool eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 6'000; ++i) {
      if (holds())
        return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  /// The errors and warnings of the log while `what` runs.
  std::string log_of(const std::function<void()>& what) const {
    auto said = std::make_shared<std::ostringstream>();
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(*said);
    const auto before = spdlog::default_logger();
    auto mine = std::make_shared<spdlog::logger>("test", sink);
    mine->set_pattern("%l %v");
    mine->set_level(spdlog::level::warn);
    spdlog::set_default_logger(mine);
    what();
    spdlog::set_default_logger(before);
    return said->str();
  }

  /// What was kept of the database; empty: nothing was.
  fs::path kept(const std::string& why = "corrupt") const {
    for (const auto& entry : fs::directory_iterator{folder}) {
      const auto name = entry.path().filename().string();
      if (name.starts_with("reeve.db." + why + "-") && !name.ends_with("-wal"))
        return entry.path();
    }
    return {};
  }

  /// As a Reeve that was killed now would leave `folder`.
  void kill_and_leave() {
    const auto copy = base / "killed";
    fs::remove_all(copy);
    fs::copy(folder, copy);
    close();
    fs::remove_all(folder);
    fs::rename(copy, folder);
  }
  fs::path log_file() const {
    return folder / "reeve.db-wal";
  }

  /// What lies in the folder under this name and others that begin so.
  std::size_t files_like(const std::string& start) const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator{folder})
      count += entry.path().filename().string().starts_with(start) ? 1 : 0;
    return count;
  }

  void write_file(const std::string& bytes) const {
    fs::create_directories(folder);
    std::ofstream{file(), std::ios::binary} << bytes;
  }
  std::string read_file(const fs::path& from) const {
    std::ifstream in{from, std::ios::binary};
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }

  /// Runs SQL on the file, past the store.
  void sql(const std::string& statements) const {
    fs::create_directories(folder);
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, statements.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

  /// A small disk of our own at `folder`; false: we may not make one.
  bool mount_disk() {
    if (unshare(CLONE_NEWNS) != 0)
      return false;
    mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    fs::create_directories(folder);
    mounted = mount("reeve", folder.c_str(), "tmpfs", 0, "size=512k") == 0;
    return mounted;
  }

  fs::path base;
  fs::path folder;
  bool mounted = false;
  std::optional<state_store> store;
};

inline wall_time at(std::int64_t ms) {
  return wall_time{std::chrono::milliseconds{ms}};
}

/// As many entries as it can have, one of each kind among them.
inline std::shared_ptr<const restart_record> full_record(const std::string& service) {
  using kind = decision::kind;
  restart_record r;
  for (const auto k : {kind::wait, kind::restart, kind::hold, kind::healed, kind::leave,
                       kind::give_up, kind::escalate, kind::observed, kind::wake})
    r.newest.push_back({at(1'700'000'000'010),
                        decision{service, k, "it's \"ü\"", "restart 3 of 5", 4s, 3, 2, {7, 9min}}});
  for (const auto o :
       {restart_outcome::healthy, restart_outcome::relapsed, restart_outcome::no_effect})
    r.newest.push_back({at(1'700'000'000'020), restart_judged{service, o, 5s}});
  while (r.newest.size() < restart_record::most)
    r.newest.push_back({at(1'700'000'000'030 + static_cast<std::int64_t>(r.newest.size())),
                        decision{.service = service}});
  r.last_outcome = {at(7), restart_judged{service, restart_outcome::relapsed, 6s}};
  r.total = 77;
  return std::make_shared<const restart_record>(std::move(r));
}

/// One of each, with every field in use.
inline remembered everything() {
  remembered all;
  all.services = {{.name = "a",
                   .state = supervision::paused,
                   .reason = "it's \"paused\"; ünder 100 %",
                   .alive = false,
                   .target = 0xfedcba9876543210,
                   .restarts = 7,
                   .attempt = 3,
                   .last_delay = 4s,
                   .healthy_since = at(1'700'000'000'001),
                   .due = at(1'700'000'000'002),
                   .waits_for = "b",
                   .on_trial = true,
                   .owed = remembered_service::debt{"", true},
                   .newest_restart = remembered_service::trial{at(1'700'000'000'003), true},
                   .in_window = {at(2), at(2), at(4)}},
                  {.name = "b", .state = supervision::given_up, .reason = "no"}};
  all.groups = {{.name = "app",
                 .restarts = {{at(5), "a"}, {at(3), "b"}, {at(5), ""}},
                 .due = at(9),
                 .careful = true,
                 .on_trial = true,
                 .reason = "exhausted",
                 .in_window = {at(6)}},
                {.name = "root", .restarts = {{at(1), ""}}}};
  all.pushes = {{.service = "a",
                 .check = "push",
                 .known_since = at(1),
                 .last_success = at(2),
                 .failed = remembered_push::failure{at(3), "disk full"},
                 .started = at(4),
                 .measured = at(5),
                 .duration = 6ms},
                {.service = "a", .check = "push-2", .known_since = at(1)}};
  all.records = {{"a", full_record("a")}, {"b", std::make_shared<restart_record>()}};
  return all;
}

} // namespace reeve::storage
