#include "storage/state_folder.hpp"
#include "tests/storage/state_fixture.hpp"

#include <algorithm>
#include <vector>

// What became of the file while nobody looked: said in one line, kept, and gone on from.

namespace reeve::storage {
namespace {

struct a_damaged_state : state_fixture {
  /// Three changes are on the disk, one after another, all of them in the log; Reeve was killed.
  void make() {
    reopened();
    for (const auto* name : {"a", "b", "c"})
      keep({.services = {{.name = name, .restarts = 1}}});
    kill_and_leave();
    ASSERT_TRUE(fs::exists(log_file()));
  }

  std::vector<std::string> services() {
    std::vector<std::string> names;
    for (const auto& s : reopened().services)
      names.push_back(s.name);
    return names;
  }

  /// Opens it: what the log says, one line at the most, and that the next Reeve has nothing to say.
  std::string said_at_the_next_start() {
    remembered content;
    auto said = log_of([&] { content = reopened(); });
    EXPECT_TRUE(is_well()) << store->health().trouble;
    keep({.groups = {{.name = "new", .restarts = {{at(1), ""}}}}});
    EXPECT_EQ(log_of([&] { EXPECT_EQ(reopened().groups.size(), 1U); }), "");
    EXPECT_LE(std::count(said.begin(), said.end(), '\n'), 1) << said;
    return said;
  }

  void expect_that_it_lost_its_newest() {
    const auto said = said_at_the_next_start();
    EXPECT_NE(said.find("error "), std::string::npos) << said;
    EXPECT_NE(said.find("newest writes are missing"), std::string::npos) << said;
    EXPECT_NE(said.find(kept().string()), std::string::npos) << said;
    EXPECT_FALSE(kept().empty());
  }

  void cut(const fs::path& file, std::uintmax_t by) const {
    fs::resize_file(file, fs::file_size(file) - by);
  }
  void flip_byte(const fs::path& file, std::uintmax_t at) const {
    std::fstream bytes{file, std::ios::binary | std::ios::in | std::ios::out};
    bytes.seekg(static_cast<std::streamoff>(at));
    const auto was = static_cast<char>(bytes.get());
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put(static_cast<char>(was ^ 0x40));
  }
};

TEST_F(a_damaged_state, is_not_what_a_kill_leaves) {
  make();
  std::vector<std::string> names;
  EXPECT_EQ(log_of([&] { names = services(); }), "");
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(kept().empty());
}

TEST_F(a_damaged_state, that_lost_the_end_of_its_log_goes_on_from_before_and_says_so) {
  for (const bool at_a_frame : {false, true}) {
    SCOPED_TRACE(at_a_frame);
    fs::remove_all(folder);
    make();
    cut(log_file(), at_a_frame ? 24 + 4'096 : 1'000);
    const auto log = read_file(log_file());
    std::vector<std::string> names;
    const auto said = log_of([&] { names = services(); });
    EXPECT_EQ(names, (std::vector<std::string>{"a", "b"}));
    EXPECT_NE(said.find("the newest writes are missing: 1 of 3"), std::string::npos) << said;
    EXPECT_EQ(read_file(kept().string() + "-wal"), log) << "as it was found";
    EXPECT_EQ(log_of([&] { names = services(); }), "") << "it was said";
    EXPECT_EQ(names, (std::vector<std::string>{"a", "b"}));
  }
}

TEST_F(a_damaged_state, whose_log_is_wrong_in_its_middle_says_so) {
  make();
  flip_byte(log_file(), fs::file_size(log_file()) / 2);
  expect_that_it_lost_its_newest();
}

TEST_F(a_damaged_state, whose_log_is_wrong_at_its_head_says_so) {
  make();
  flip_byte(log_file(), 3);
  expect_that_it_lost_its_newest();
}

TEST_F(a_damaged_state, whose_log_is_empty_or_gone_says_so) {
  for (const bool is_there : {true, false}) {
    SCOPED_TRACE(is_there);
    fs::remove_all(folder);
    make();
    if (is_there)
      fs::resize_file(log_file(), 0);
    else
      fs::remove(log_file());
    expect_that_it_lost_its_newest();
  }
}

TEST_F(a_damaged_state, that_is_an_older_copy_says_so) {
  reopened();
  keep({.services = {{.name = "a", .restarts = 1}}});
  close();
  fs::copy(file(), base / "backup");
  reopened();
  keep({.services = {{.name = "b", .restarts = 1}}});
  close();
  fs::copy(base / "backup", file(), fs::copy_options::overwrite_existing);
  expect_that_it_lost_its_newest();
}

TEST_F(a_damaged_state, that_is_empty_is_kept_and_said) {
  for (const std::uintmax_t size : {0, 1, 99, 100, 511}) {
    SCOPED_TRACE(size);
    fs::remove_all(folder);
    reopened();
    keep(everything());
    close();
    fs::resize_file(file(), size);
    const auto said = said_at_the_next_start();
    EXPECT_NE(said.find("is damaged"), std::string::npos) << said;
    EXPECT_NE(said.find("it is kept as " + kept().string()), std::string::npos) << said;
    EXPECT_EQ(fs::file_size(kept()), size);
  }
}

TEST_F(a_damaged_state, that_lacks_one_byte_or_one_page_is_kept_and_said) {
  for (const std::uintmax_t lacks : {1, 4'096}) {
    SCOPED_TRACE(lacks);
    fs::remove_all(folder);
    reopened();
    keep(everything());
    close();
    cut(file(), lacks);
    const auto size = fs::file_size(file());
    const auto said = said_at_the_next_start();
    EXPECT_NE(said.find("is damaged"), std::string::npos) << said;
    EXPECT_EQ(fs::file_size(kept()), size);
  }
}

TEST_F(a_damaged_state, with_one_bad_page_is_kept_and_said) {
  reopened();
  keep(everything());
  close();
  const auto pages = fs::file_size(file()) / 4'096;
  ASSERT_GT(pages, 3U);
  {
    std::fstream bytes{file(), std::ios::binary | std::ios::in | std::ios::out};
    bytes.seekp(static_cast<std::streamoff>(2 * 4'096));
    bytes << std::string(4'096, '\x7f');
  }
  const auto said = said_at_the_next_start();
  EXPECT_NE(said.find("is damaged"), std::string::npos) << said;
  EXPECT_NE(said.find(kept().string()), std::string::npos) << said;
}

TEST_F(a_damaged_state, that_is_gone_is_said_and_its_log_is_kept) {
  for (const bool has_log : {true, false}) {
    SCOPED_TRACE(has_log);
    fs::remove_all(folder);
    make();
    fs::remove(file());
    if (!has_log)
      fs::remove(log_file());
    const auto said = said_at_the_next_start();
    EXPECT_NE(said.find("it is missing"), std::string::npos) << said;
    EXPECT_EQ(files_like("reeve.db.corrupt-"), has_log ? 1U : 0U);
  }
}

TEST_F(a_damaged_state, is_none_when_a_reeve_was_killed_that_began_one) {
  fs::create_directories(folder);
  for (const auto* name : {"reeve.db.new", "reeve.db.new-wal"})
    std::ofstream{folder / name} << "half of it";
  EXPECT_EQ(said_at_the_next_start(), "");
  EXPECT_EQ(files_like("reeve.db.new"), 0U);
}

TEST_F(a_damaged_state, that_is_a_folder_stops_nobody) {
  fs::create_directories(file() / "in the way");
  EXPECT_EQ(reopened(), remembered{});
  EXPECT_NE(store->health().trouble.find("cannot open " + file().string()), std::string::npos)
    << store->health().trouble;
  fs::remove_all(file());
  EXPECT_TRUE(eventually([this] { return is_well(); }));
}

TEST_F(a_damaged_state, that_could_not_be_read_at_the_start_is_kept_when_it_can) {
  reopened();
  keep(everything());
  close();
  const auto elsewhere = base / "elsewhere";
  fs::rename(file(), elsewhere);
  fs::create_directories(file()); // in its way
  EXPECT_EQ(reopened(), remembered{});
  keep({.services = {{.name = "new", .restarts = 1}}});
  EXPECT_FALSE(is_well());
  const auto said = log_of([&] {
    fs::rename(file(), base / "away");
    fs::rename(elsewhere, file());
    EXPECT_TRUE(eventually([this] { return is_well(); }));
  });
  EXPECT_NE(said.find("could not be read when Reeve began"), std::string::npos) << said;
  ASSERT_FALSE(kept("unread").empty());
  EXPECT_EQ(reopened().services.size(), 1U);
}

TEST_F(a_damaged_state, is_what_it_was_after_half_a_batch_was_written) {
  remembered nothing;
  {
    state_folder first{folder};
    ASSERT_FALSE(first.open(nothing));
    ASSERT_FALSE(first.write({.services = {{.name = "before", .restarts = 1}}}, false));
  }
  sql("CREATE TRIGGER no BEFORE INSERT ON services WHEN new.name = 'z' BEGIN SELECT"
      " RAISE(ABORT, 'no room'); END");
  {
    state_folder second{folder};
    ASSERT_FALSE(second.open(nothing));
    const auto trouble = second.write(
      {.services = {{.name = "a", .restarts = 1}, {.name = "z", .restarts = 1}}}, false);
    ASSERT_TRUE(trouble);
    EXPECT_NE(trouble->sentence.find("no room"), std::string::npos) << trouble->sentence;
  }
  ASSERT_FALSE(kept().empty());
  fs::rename(kept(), file());
  ASSERT_EQ(nothing.services.size(), 1U);
  remembered after;
  state_folder third{folder};
  ASSERT_FALSE(third.open(after));
  EXPECT_EQ(after, nothing) << "all of a batch, or nothing";
}

TEST_F(a_damaged_state, that_is_tried_again_for_ever_leaves_no_descriptor_behind) {
  const auto open_descriptors = [] {
    return std::distance(fs::directory_iterator{"/proc/self/fd"}, fs::directory_iterator{});
  };
  remembered content;
  const auto expect_none_left = [&](state_folder& state) {
    ASSERT_TRUE(state.open(content));
    const auto before = open_descriptors();
    for (int i = 0; i < 20; ++i)
      EXPECT_TRUE(state.open(content));
    EXPECT_EQ(open_descriptors(), before);
  };
  fs::create_directories(file() / "in the way");
  state_folder first{folder};
  expect_none_left(first);
  state_folder second{folder}; // the first one has its lock
  expect_none_left(second);
  first.close();
  fs::remove_all(file());
  ASSERT_FALSE(second.open(content));
  second.close();
  sql("PRAGMA user_version = 99");
  expect_none_left(first);
}

TEST_F(a_damaged_state, is_none_when_the_disk_is_full_at_the_start) {
  if (!mount_disk())
    GTEST_SKIP() << "may not mount a small disk";
  reopened();
  keep(everything());
  close();
  {
    std::ofstream filler{folder / "filler", std::ios::binary};
    while (filler << std::string(4'096, 'x') << std::flush)
      ;
  }
  const auto content = reopened();
  EXPECT_EQ(content, everything()) << store->health().trouble;
  EXPECT_EQ(files_like("reeve.db.corrupt-"), 0U);
}

TEST_F(a_damaged_state, is_none_when_there_is_no_room_to_begin) {
  if (!mount_disk())
    GTEST_SKIP() << "may not mount a small disk";
  {
    std::ofstream filler{folder / "filler", std::ios::binary};
    while (filler << std::string(4'096, 'x') << std::flush)
      ;
  }
  EXPECT_EQ(reopened(), remembered{});
  EXPECT_NE(store->health().trouble.find("cannot make " + file().string()), std::string::npos)
    << store->health().trouble;
  keep(everything());
  fs::remove(folder / "filler");
  EXPECT_TRUE(eventually([this] { return is_well(); }));
  EXPECT_EQ(left_by_a_kill(), everything());
  EXPECT_EQ(files_like("reeve.db.corrupt-"), 0U);
}

} // namespace
} // namespace reeve::storage
