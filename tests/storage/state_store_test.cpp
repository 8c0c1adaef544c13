#include "tests/storage/state_fixture.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace reeve::storage {
namespace {

struct a_state_store : state_fixture {};

TEST_F(a_state_store, makes_its_folder_and_remembers_nothing_at_first) {
  folder = base / "var" / "lib" / "reeve";
  EXPECT_EQ(reopened(), remembered{});
  EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(is_well());
}

TEST_F(a_state_store, keeps_its_folder_from_others_whatever_the_umask) {
  const auto before = umask(022);
  reopened();
  keep(everything());
  umask(before);
  EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all);
  for (const auto& entry : fs::directory_iterator{folder})
    EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write)
      << entry.path();
}

TEST_F(a_state_store, gives_everything_back) {
  reopened();
  store->keep(everything());
  EXPECT_EQ(reopened(), everything());
  EXPECT_EQ(reopened(), everything()) << "to read it changes nothing";
}

TEST_F(a_state_store, has_on_the_disk_what_it_said_it_kept) {
  reopened();
  keep(everything());
  EXPECT_EQ(left_by_a_kill(), everything());
  keep({.services = {{.name = "b"}}});
  auto less = everything();
  less.services.pop_back();
  EXPECT_EQ(left_by_a_kill(), less);
}

TEST_F(a_state_store, keeps_the_newest_and_forgets_what_is_as_at_the_beginning) {
  reopened();
  keep(everything());
  remembered changes;
  changes.services = {{.name = "a"}, {.name = "b", .restarts = 2}, {.name = "c", .attempt = 1}};
  changes.groups = {{.name = "app"}, {.name = "root", .restarts = {{at(7), "a"}, {at(8), "b"}}}};
  changes.pushes = {{.service = "a", .check = "push"},
                    {.service = "a", .check = "push-2", .known_since = at(5)}};
  changes.records = {{"a", nullptr}, {"b", full_record("b")}, {"c", nullptr}};
  keep(changes);
  remembered expected;
  expected.services = {changes.services[1], changes.services[2]};
  expected.groups = {changes.groups[1]};
  expected.pushes = {changes.pushes[1]};
  expected.records = {changes.records[1]};
  EXPECT_EQ(reopened(), expected);
}

TEST_F(a_state_store, writes_a_burst_at_once_and_nothing_that_is_written) {
  reopened();
  remembered burst;
  for (int i = 0; i < 10'000; ++i)
    burst.services.push_back({.name = "service-" + std::to_string(i), .restarts = 1});
  const auto before = store->health().writes;
  keep(burst);
  EXPECT_EQ(store->health().writes, before + 1);
  keep(burst);
  EXPECT_EQ(store->health().writes, before + 1) << "it knew all of that";
  keep({.services = {{.name = "never failed"}}});
  EXPECT_EQ(store->health().writes, before + 1) << "there is nothing to remember";
  EXPECT_EQ(reopened().services.size(), 10'000U);
}

TEST_F(a_state_store, gathers_changes_that_come_one_by_one) {
  reopened();
  const auto before = store->health().writes;
  for (int i = 1; i <= 10'000; ++i)
    store->keep({.services = {{.name = "a", .restarts = static_cast<std::uint64_t>(i)}}});
  keep({});
  EXPECT_LT(store->health().writes - before, 1'000U);
  EXPECT_EQ(left_by_a_kill().services.at(0).restarts, 10'000U);
}

TEST_F(a_state_store, gathers_no_longer_than_somebody_waits_or_it_is_open) {
  store.emplace(folder.string(), state_store::pauses{.gathering = 1h});
  ASSERT_TRUE(store->open(60s));
  store->keep({.services = {{.name = "a", .restarts = 1}}});
  keep({.services = {{.name = "b", .restarts = 1}}});
  EXPECT_EQ(left_by_a_kill().services.size(), 2U);
  store->keep({.services = {{.name = "c", .restarts = 1}}});
  EXPECT_EQ(left_by_a_kill().services.size(), 2U) << "it gathers";
  EXPECT_EQ(reopened().services.size(), 3U);
}

TEST_F(a_state_store, is_held_by_one_at_a_time) {
  reopened();
  state_store second{folder.string()};
  const auto refused = second.open(60s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.sentence(),
            "another Reeve uses " + folder.string() + ": stop it, or name another --state-dir");
  close();
  EXPECT_EQ(reopened(), remembered{});
}

TEST_F(a_state_store, refuses_what_is_no_folder) {
  std::ofstream{folder} << "a file";
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.sentence(), folder.string() + " is no folder: name another --state-dir");
}

// -- schemas ------------------------------------------------------------------------

TEST_F(a_state_store, leaves_a_newer_schema_alone) {
  reopened();
  keep(everything());
  close();
  sql("PRAGMA user_version = 99");
  const auto bytes = read_file(file());
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.sentence().find("was written by a newer Reeve (schema 99"), std::string::npos);
  close();
  EXPECT_EQ(read_file(file()), bytes);
}

/// The tables as the first Reeve made them.
constexpr const char* schema_1 =
  "CREATE TABLE services (name TEXT PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL,"
  " alive INTEGER NOT NULL, target INTEGER NOT NULL, restarts INTEGER NOT NULL, attempt INTEGER"
  " NOT NULL, last_delay INTEGER NOT NULL, healthy_since INTEGER, due INTEGER, waits_for TEXT"
  " NOT NULL, on_trial INTEGER NOT NULL, owed TEXT, owed_counted INTEGER NOT NULL)"
  " STRICT, WITHOUT ROWID;"
  "CREATE TABLE groups (name TEXT PRIMARY KEY, due INTEGER, careful INTEGER NOT NULL, on_trial"
  " INTEGER NOT NULL, reason TEXT NOT NULL) STRICT, WITHOUT ROWID;"
  "CREATE TABLE group_restarts (name TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL,"
  " PRIMARY KEY (name, number)) STRICT, WITHOUT ROWID;";

TEST_F(a_state_store, makes_an_older_schema_todays_and_keeps_what_it_holds) {
  sql(schema_1);
  sql(
    "INSERT INTO services VALUES ('a', 'given_up', 'no', 1, -1, 7, 3, 0, NULL, 5, '', 0, NULL, 0),"
    " ('odd', 'meditating', '', 1, 0, 7, 3, 0, NULL, NULL, '', 0, NULL, 0);"
    "PRAGMA user_version = 1");
  remembered expected;
  expected.services = {{.name = "a",
                        .state = supervision::given_up,
                        .reason = "no",
                        .target = ~std::uint64_t{0},
                        .restarts = 7,
                        .attempt = 3,
                        .due = at(5)}};
  EXPECT_EQ(reopened(), expected) << "a word it does not know is left out";
  expected.pushes = everything().pushes;
  keep({.pushes = expected.pushes});
  EXPECT_EQ(reopened(), expected);
}

/// What was written by schema 2, with its tables as that made them.
TEST_F(a_state_store, brings_schema_2_to_todays) {
  sql("PRAGMA journal_mode = WAL");
  sql(schema_1);
  sql(
    "CREATE TABLE pushes (service TEXT NOT NULL, name TEXT NOT NULL, known_since INTEGER NOT NULL,"
    " last_success INTEGER, failed_at INTEGER, failure TEXT, started INTEGER, measured INTEGER,"
    " duration INTEGER, PRIMARY KEY (service, name)) STRICT, WITHOUT ROWID;"
    "INSERT INTO services VALUES ('a', 'paused', 'by a person', 1, 5, 7, 3, 0, NULL, NULL, '', 0,"
    " 'broke', 1);"
    "INSERT INTO groups VALUES ('root', NULL, 0, 0, ''); INSERT INTO group_restarts VALUES"
    " ('root', 0, 5); INSERT INTO pushes (service, name, known_since) VALUES ('a', 'push', 9);"
    "PRAGMA user_version = 2");
  remembered expected;
  expected.services = {{.name = "a",
                        .state = supervision::paused,
                        .reason = "by a person",
                        .target = 5,
                        .restarts = 7,
                        .attempt = 3,
                        .owed = remembered_service::debt{"broke", true}}};
  expected.groups = {{.name = "root", .restarts = {{at(5), ""}}}};
  expected.pushes = {{.service = "a", .check = "push", .known_since = at(9)}};
  EXPECT_EQ(reopened(), expected);
  keep(everything());
  EXPECT_EQ(left_by_a_kill(), everything());
  EXPECT_EQ(files_like("reeve.db.corrupt-"), 0U);
}

TEST_F(a_state_store, leaves_out_entries_it_has_no_word_for) {
  reopened();
  keep({.records = {{"a", full_record("a")}}});
  close();
  sql("UPDATE record_entries SET what = 'meditate' WHERE number < 9;"
      "UPDATE records SET outcome = 'odd'");
  auto expected = *full_record("a");
  expected.newest.erase(expected.newest.begin(), expected.newest.begin() + 9);
  expected.last_outcome.reset();
  const auto content = reopened();
  ASSERT_EQ(content.records.size(), 1U);
  EXPECT_EQ(*content.records[0].record, expected);
}

// -- damage -------------------------------------------------------------------------

TEST_F(a_state_store, sets_aside_what_is_no_database) {
  const std::string garbage(10'000, 'x');
  write_file(garbage);
  EXPECT_EQ(reopened(), remembered{});
  keep(everything());
  EXPECT_EQ(reopened(), everything());
  ASSERT_EQ(files_like("reeve.db.corrupt-"), 1U);
  for (const auto& entry : fs::directory_iterator{folder})
    if (entry.path().filename().string().starts_with("reeve.db.corrupt-")) {
      EXPECT_EQ(read_file(entry.path()), garbage);
    }
}

TEST_F(a_state_store, sets_aside_a_database_of_something_else) {
  sql("CREATE TABLE services (whatever); PRAGMA user_version = 2");
  EXPECT_EQ(reopened(), remembered{});
  EXPECT_EQ(files_like("reeve.db.corrupt-"), 1U);
  keep(everything());
  EXPECT_EQ(reopened(), everything());
}

TEST_F(a_state_store, begins_anew_wherever_its_file_was_cut_off) {
  reopened();
  remembered many;
  for (int i = 0; i < 500; ++i)
    many.services.push_back({.name = "service-" + std::to_string(i), .restarts = 1});
  keep(many);
  close();
  const auto whole = read_file(file());
  ASSERT_GT(whole.size(), 20'000U);
  for (const auto size :
       {std::size_t{0}, std::size_t{1}, std::size_t{99}, std::size_t{100}, std::size_t{4'096},
        whole.size() / 2, whole.size() - 4'096, whole.size() - 1}) {
    SCOPED_TRACE(size);
    write_file(whole.substr(0, size));
    const auto content = reopened();
    EXPECT_EQ(content, remembered{});
    keep(everything());
    EXPECT_EQ(reopened().pushes, everything().pushes);
    close();
  }
}

TEST_F(a_state_store, works_on_whatever_bytes_of_its_file_are_wrong) {
  reopened();
  keep(everything());
  close();
  const auto good = read_file(file());
  std::uint32_t random = 1;
  for (int i = 0; i < 100; ++i) {
    auto bad = good;
    for (int n = 0; n < 8; ++n) {
      random = random * 1'664'525 + 1'013'904'223;
      bad[(random >> 8U) % bad.size()] = static_cast<char>(random);
    }
    write_file(bad);
    const auto content = open(); // damage may look like a newer schema
    if (content) {
      EXPECT_TRUE(is_well()) << store->health().trouble;
      keep({.groups = {{.name = "new", .restarts = {{at(1), ""}}}}});
      const auto groups = left_by_a_kill().groups;
      EXPECT_TRUE(std::any_of(groups.begin(), groups.end(),
                              [](const auto& group) { return group.name == "new"; }));
    }
    close();
  }
}

TEST_F(a_state_store, that_finds_damage_while_it_writes_begins_anew_with_all_it_knows) {
  remembered many; // too many for SQLite to hold all of it in memory
  for (int i = 0; i < 5'000; ++i)
    many.services.push_back({.name = std::string(200, 'n') + std::to_string(i), .restarts = 1});
  reopened();
  keep(many);
  ASSERT_EQ(reopened().services.size(), 5'000U);
  std::fstream{file(), std::ios::binary | std::ios::in | std::ios::out}
    << std::string(fs::file_size(file()), 'x');
  for (auto& service : many.services)
    service.restarts = 2;
  keep(many);
  EXPECT_EQ(store->health().errors, 1U);
  EXPECT_TRUE(eventually([this] { return is_well(); }));
  EXPECT_EQ(files_like("reeve.db.corrupt-"), 1U);
  const auto kept = reopened();
  ASSERT_EQ(kept.services.size(), 5'000U);
  EXPECT_EQ(kept.services[17].restarts, 2U);
}

// -- disks --------------------------------------------------------------------------

TEST_F(a_state_store, goes_on_without_the_right_to_write_and_keeps_all_once_it_has_it) {
  const bool is_root = geteuid() == 0;
  if (is_root && !mount_disk())
    GTEST_SKIP() << "may not mount a disk that is read-only";
  fs::create_directories(folder);
  if (is_root) {
    ASSERT_EQ(mount(nullptr, folder.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  } else {
    fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
  }
  EXPECT_EQ(reopened(), remembered{});
  EXPECT_NE(store->health().trouble.find("cannot write to " + folder.string()), std::string::npos)
    << store->health().trouble;
  keep(everything());
  EXPECT_FALSE(is_well());
  EXPECT_GE(store->health().errors, 1U);
  if (is_root) {
    ASSERT_EQ(mount(nullptr, folder.c_str(), nullptr, MS_REMOUNT, nullptr), 0);
  } else {
    fs::permissions(folder, fs::perms::owner_all);
  }
  EXPECT_TRUE(eventually([this] { return is_well(); }));
  EXPECT_EQ(left_by_a_kill(), everything());
}

TEST_F(a_state_store, goes_on_while_its_disk_is_full_and_keeps_all_when_there_is_room) {
  if (!mount_disk())
    GTEST_SKIP() << "may not mount a small disk";
  reopened();
  keep(everything());
  {
    std::ofstream filler{folder / "filler", std::ios::binary};
    while (filler << std::string(4'096, 'x') << std::flush)
      ;
  }
  for (std::uint64_t i = 1; is_well() && i < 1'000; ++i)
    keep({.services = {{.name = std::string(1'000, 'n') + std::to_string(i), .restarts = i}}});
  EXPECT_FALSE(is_well());
  keep({.services = {{.name = "zz-newest", .restarts = 1}}});
  EXPECT_FALSE(is_well());
  fs::remove(folder / "filler");
  EXPECT_TRUE(eventually([this] { return is_well(); }));
  const auto kept = left_by_a_kill();
  EXPECT_EQ(kept.services.back().name, "zz-newest");
  EXPECT_EQ(kept.pushes, everything().pushes);
  EXPECT_EQ(files_like("reeve.db.corrupt-"), 0U);
}

TEST_F(a_state_store, makes_its_folder_again_when_that_vanished) {
  reopened();
  keep(everything());
  fs::remove_all(folder);
  keep({.services = {{.name = "c", .restarts = 1}}});
  EXPECT_TRUE(eventually([this] { return is_well(); }));
  EXPECT_EQ(store->health().errors, 1U);
  auto all = everything();
  all.services.push_back({.name = "c", .restarts = 1});
  EXPECT_EQ(left_by_a_kill(), all);
  state_store second{folder.string()};
  EXPECT_FALSE(second.open(60s)) << "the new folder is held too";
}

TEST_F(a_state_store, looks_for_its_folder_though_nothing_changes) {
  auto often = impatient();
  often.between_looks = 1ms;
  store.emplace(folder.string(), often);
  ASSERT_TRUE(store->open(60s));
  keep(everything());
  fs::remove_all(folder);
  EXPECT_TRUE(eventually([this] { return store->health().errors == 1 && is_well(); }));
  EXPECT_EQ(left_by_a_kill(), everything());
}

TEST_F(a_state_store, tries_again_at_once_when_somebody_waits) {
  fs::create_directories(file());
  store.emplace(folder.string(), state_store::pauses{.first_retry = 1h});
  ASSERT_TRUE(store->open(60s));
  EXPECT_FALSE(is_well());
  fs::remove(file());
  keep(everything());
  EXPECT_TRUE(is_well()) << store->health().trouble;
  EXPECT_EQ(left_by_a_kill(), everything());
}

TEST_F(a_state_store, does_not_take_a_folder_that_another_took_when_it_vanished) {
  reopened();
  keep(everything());
  fs::rename(folder, base / "elsewhere");
  state_store second{folder.string()};
  ASSERT_TRUE(second.open(60s));
  keep({.services = {{.name = "c", .restarts = 1}}});
  EXPECT_TRUE(eventually([this] { return store->health().errors >= 2; }));
  EXPECT_NE(store->health().trouble.find("another Reeve uses"), std::string::npos)
    << store->health().trouble;
  second.close(60s);
  EXPECT_TRUE(eventually([this] { return is_well(); }));
  EXPECT_EQ(left_by_a_kill().services.size(), 3U);
}

} // namespace
} // namespace reeve::storage
