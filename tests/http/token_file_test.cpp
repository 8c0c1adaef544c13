#include "http/pages/token_file.hpp"
#include "io/loop/loop.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace reeve::http {

namespace {

using namespace std::chrono_literals;

/// A folder, shown again by a file system that can be made to hang. Needs bindfs and the right to
/// mount.
class hanging_folder {
public:
  hanging_folder() {
    auto name = (std::filesystem::temp_directory_path() / "reeve-hangs-XXXXXX").string();
    base_ = ::mkdtemp(name.data());
    std::filesystem::create_directories(base_ / "real");
    std::filesystem::create_directories(path());
    std::ofstream{base_ / "real" / "token"} << "secret\n";
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execlp("bindfs", "bindfs", "-f", "--no-allow-other", "-o", "attr_timeout=0,entry_timeout=0",
               (base_ / "real").c_str(), path().c_str(), nullptr);
      ::_exit(127);
    }
    for (int i = 0; i < 500 && !is_there(); ++i)
      std::this_thread::sleep_for(10ms);
  }
  ~hanging_folder() {
    ::kill(pid_, SIGCONT);
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(base_);
  }
  hanging_folder(const hanging_folder&) = delete;
  hanging_folder& operator=(const hanging_folder&) = delete;

  std::filesystem::path path() const {
    return base_ / "shown";
  }
  bool is_there() const {
    std::error_code ignored;
    return std::filesystem::exists(path() / "token", ignored);
  }
  void hang() const {
    ::kill(pid_, SIGSTOP);
  }
  void go_on() const {
    ::kill(pid_, SIGCONT);
  }

private:
  std::filesystem::path base_;
  pid_t pid_ = -1;
};

/// Asks once and waits for what is told.
result<std::string> ask(io::loop& l, token_file& file) {
  result<std::string> said = error{"nothing was told"};
  l.post([&] {
    file.read([&](const result<std::string>& token) {
      said = token;
      l.stop();
    });
  });
  l.run();
  return said;
}

std::size_t threads() {
  std::size_t count = 0;
  for (const auto& one : std::filesystem::directory_iterator{"/proc/self/task"})
    count += one.path().empty() ? 0 : 1;
  return count;
}

} // namespace

TEST(a_token_file, that_hangs_is_said_to_and_costs_one_thread) {
  const hanging_folder folder;
  if (!folder.is_there())
    GTEST_SKIP() << "may not mount what hangs, or there is no bindfs";
  io::loop l;
  token_file file{l, folder.path() / "token", 50ms};
  const auto well = ask(l, file);
  ASSERT_TRUE(well) << well.sentence();
  EXPECT_EQ(*well, "secret");
  folder.hang();
  const auto before = threads();
  for (int i = 0; i < 5; ++i) {
    const auto hung = ask(l, file);
    ASSERT_FALSE(hung);
    EXPECT_NE(hung.sentence().find("does not answer"), std::string::npos) << hung.sentence();
  }
  EXPECT_LE(threads(), before + 1);
  folder.go_on();
  auto again = ask(l, file);
  for (int i = 0; i < 100 && !again; ++i)
    again = ask(l, file);
  EXPECT_TRUE(again) << again.sentence();
}

TEST(a_token_file, tells_each_who_asks_what_it_holds_then) {
  auto name = (std::filesystem::temp_directory_path() / "reeve-token-XXXXXX").string();
  ::close(::mkstemp(name.data()));
  io::loop l;
  token_file file{l, name, 20s};
  for (const auto* token : {"one", "two"}) {
    std::ofstream{name} << token << "\n";
    const auto told = ask(l, file);
    ASSERT_TRUE(told) << told.sentence();
    EXPECT_EQ(*told, token);
  }
  std::ofstream{name} << " \n";
  EXPECT_EQ(ask(l, file).sentence(), "there is no token in the first line of '" + name + "'");
  std::filesystem::remove(name);
  EXPECT_EQ(ask(l, file).sentence(),
            "cannot read a token from '" + name + "': No such file or directory");
}

TEST(a_token_file, tells_nobody_once_it_is_gone) {
  io::loop l;
  bool told = false;
  {
    token_file file{l, "/dev/null", 20s};
    file.read([&](const auto&) { told = true; });
  }
  l.call_after(20ms, [&] { l.stop(); });
  l.run();
  EXPECT_FALSE(told);
}

} // namespace reeve::http
