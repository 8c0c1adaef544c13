#pragma once

#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

namespace reeve::test {

/// A file system that shows a folder, served by `bindfs` in FUSE, and that hangs when it is told
/// to: whoever asks it anything then sleeps in the kernel until it goes on. Root only.
class hung_mount {
public:
  /// Both exist; nothing else lies at `at`.
  hung_mount(std::string folder, std::string at) : at_{std::move(at)} {
    std::string words[] = {"bindfs",          "-f", "-o", "attr_timeout=0,entry_timeout=0",
                           std::move(folder), at_};
    char* argv[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                    words[4].data(), words[5].data(), nullptr};
    if (posix_spawnp(&pid_, argv[0], nullptr, nullptr, argv, environ) != 0)
      pid_ = -1;
    for (int i = 0; pid_ > 0 && i < 2'000 && !mounted(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  ~hung_mount() {
    go_on();
    umount2(at_.c_str(), MNT_DETACH);
    if (pid_ > 0) {
      kill(pid_, SIGKILL); // it would complain of the mount that is gone
      waitpid(pid_, nullptr, 0);
    }
  }
  hung_mount(const hung_mount&) = delete;
  hung_mount& operator=(const hung_mount&) = delete;

  static bool possible() {
    return geteuid() == 0 && access("/dev/fuse", R_OK | W_OK) == 0;
  }
  bool mounted() const {
    struct stat inside {};
    struct stat beside {};
    return stat(at_.c_str(), &inside) == 0
           && stat(std::filesystem::path{at_}.parent_path().c_str(), &beside) == 0
           && inside.st_dev != beside.st_dev;
  }
  void hang() const {
    kill(pid_, SIGSTOP);
    waitpid(pid_, nullptr, WUNTRACED);
  }
  void go_on() const {
    if (pid_ > 0)
      kill(pid_, SIGCONT);
  }
  std::string operator/(const std::string& name) const {
    return at_ + "/" + name;
  }

private:
  std::string at_;
  pid_t pid_ = -1;
};

} // namespace reeve::test
