#pragma once

#include "tests/io/support/listener.hpp"
#include "tests/io/support/temp_folder.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace reeve::io::test {

/// A program that runs until its owner goes; found in PATH, its output in a file.
class running_program {
public:
  running_program(std::vector<std::string> argv, const std::string& log) {
    std::vector<char*> words;
    for (auto& a : argv)
      words.push_back(a.data());
    words.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    if (posix_spawnp(&pid_, words[0], &files, nullptr, words.data(), environ) != 0)
      throw std::runtime_error("cannot start " + argv[0]);
    posix_spawn_file_actions_destroy(&files);
  }
  ~running_program() {
    if (pid_ > 0) {
      kill(pid_, SIGTERM);
      waitpid(pid_, nullptr, 0);
    }
  }
  running_program(const running_program&) = delete;
  running_program& operator=(const running_program&) = delete;

  bool ended() {
    if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_)
      pid_ = -1;
    return pid_ < 0;
  }
  int pid() const {
    return pid_;
  }

private:
  pid_t pid_ = -1;
};

/// Runs a command to its end; what went wrong is the exception's text.
inline void run_program(const std::vector<std::string>& argv, const std::string& log) {
  running_program p{argv, log};
  while (!p.ended())
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
}

/// A real nginx with `count` ports of its own. `servers` writes its server blocks for
/// them.
class nginx {
public:
  using ports = std::vector<int>;

  nginx(const temp_folder& folder, std::size_t count,
        const std::function<std::string(const ports&)>& servers) {
    for (int attempt = 0; attempt < 10; ++attempt)
      if (start(folder, count, servers))
        return;
    throw std::runtime_error("nginx does not start: " + content_of(folder / "nginx.log"));
  }

  int port(std::size_t i) const {
    return ports_[i];
  }
  std::string url(std::size_t i, std::string_view rest = "/",
                  std::string_view scheme = "http") const {
    return std::string{scheme} + "://127.0.0.1:" + std::to_string(ports_[i]) + std::string{rest};
  }

private:
  bool start(const temp_folder& folder, std::size_t count,
             const std::function<std::string(const ports&)>& servers) {
    ports_.clear();
    while (ports_.size() < count)
      ports_.push_back(free_port());
    const auto& at = folder.path();
    std::string temps;
    for (const auto* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      temps += std::string{kind} + "_temp_path " + at + "/" + kind + ";\n";
    const auto config =
      folder.file("nginx.conf", "daemon off;\nmaster_process off;\npid " + at + "/nginx.pid;\n"
                                  + "events { worker_connections 512; }\nhttp {\naccess_log off;\n"
                                  + temps + servers(ports_) + "}\n");
    program_ = std::make_unique<running_program>(
      std::vector<std::string>{"nginx", "-p", at, "-c", config, "-e", folder / "nginx.log"},
      folder / "nginx.log");
    while (!program_->ended()) {
      if (answers(ports_.back()))
        return true;
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    return false; // somebody else took a port
  }

  static bool answers(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(port);
    const bool ok = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return ok;
  }

  ports ports_;
  std::unique_ptr<running_program> program_;
};

} // namespace reeve::io::test
