#pragma once

#include "tests/io/support/certificates.hpp"
#include "tests/io/support/server.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace reeve::io::test {

/// A real PostgreSQL on a free port and a unix socket in its folder, speaking TLS with a
/// certificate for localhost that `certificates()`' "authority" signed. The user `app`
/// needs the password `s3cret`, but for the socket. Its query log and messages are in
/// `log()`. It refuses root, and is then run as nobody.
class postgres_server {
public:
  postgres_server() {
    std::filesystem::create_directory(data());
    certificates_.make_self_signed("authority");
    certificates_.make_self_signed("other-authority");
    certificates_.make_signed("server", "authority", "DNS:localhost", 20);
    std::filesystem::permissions(certificates_.key("server"), std::filesystem::perms{0600});
    const auto password = folder_.file("password", "s3cret\n");
    if (geteuid() == 0)
      for (const auto& entry : {data(), password, certificates_.key("server"), folder_.path()})
        if (chown(entry.c_str(), nobody, nobody) != 0)
          throw std::runtime_error("cannot give " + entry + " away");
    run_program(as_nobody({program("initdb"), "-D", data(), "-U", "app", "--pwfile", password,
                           "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync",
                           "--wal-segsize=1", "--locale=C", "--encoding=UTF8"}),
                log());
    for (int attempt = 0; attempt < 10 && !program_; ++attempt) {
      port_ = free_port();
      if (!try_start() && content_of(log()).find("Address already in use") == std::string::npos)
        break;
    }
    if (!program_)
      throw std::runtime_error("PostgreSQL does not start: " + content_of(log()));
  }
  ~postgres_server() {
    stop();
  }
  postgres_server(const postgres_server&) = delete;
  postgres_server& operator=(const postgres_server&) = delete;

  /// At once, whoever is connected.
  void stop() {
    if (program_ && !program_->ended())
      kill(program_->pid(), SIGINT);
    while (program_ && !program_->ended())
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    program_.reset();
  }
  /// On the same port.
  void start() {
    if (!try_start())
      throw std::runtime_error("PostgreSQL does not start again: " + content_of(log()));
  }
  /// No one new is let in; who is connected is still served.
  void freeze() const {
    kill(program_->pid(), SIGSTOP);
  }
  void thaw() const {
    kill(program_->pid(), SIGCONT);
  }

  int port() const {
    return port_;
  }
  const std::string& socket_folder() const {
    return folder_.path();
  }
  const test::certificates& certificates() const {
    return certificates_;
  }
  std::string log() const {
    return folder_ / "log";
  }

private:
  static constexpr unsigned nobody = 65'534;

  static std::vector<std::string> as_nobody(std::vector<std::string> command) {
    if (geteuid() == 0)
      command.insert(command.begin(), {"setpriv", "--reuid=" + std::to_string(nobody),
                                       "--regid=" + std::to_string(nobody), "--clear-groups"});
    return command;
  }

  /// Debian keeps them out of PATH, a folder for each version; else as PATH says.
  static std::string program(const std::string& name) {
    std::pair<double, std::string> newest{0, name};
    std::error_code none;
    for (const auto& version : std::filesystem::directory_iterator{"/usr/lib/postgresql", none})
      if (const auto path = version.path() / "bin" / name; std::filesystem::exists(path))
        newest = std::max(newest, {std::atof(version.path().filename().c_str()), path.string()});
    return newest.second;
  }

  bool try_start() {
    std::vector<std::string> command{program("postgres"), "-D", data()};
    for (const auto& setting :
         {"port=" + std::to_string(port_), "unix_socket_directories=" + folder_.path(),
          std::string{"listen_addresses=127.0.0.1"}, std::string{"fsync=off"},
          std::string{"max_connections=10"}, std::string{"autovacuum=off"},
          std::string{"dynamic_shared_memory_type=mmap"}, std::string{"shared_buffers=1MB"},
          std::string{"ssl=on"}, "ssl_cert_file=" + certificates_.pem("server"),
          "ssl_key_file=" + certificates_.key("server")})
      command.insert(command.end(), {"-c", setting});
    program_ = std::make_unique<running_program>(as_nobody(command), log());
    while (!program_->ended()) {
      if (ready())
        return true;
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    program_.reset();
    return false;
  }

  /// The last line of its pid file says so, once it answers.
  bool ready() const {
    const auto facts = content_of(data() + "/postmaster.pid");
    return facts.find(std::to_string(program_->pid()) + "\n") == 0
           && facts.find("\nready") != std::string::npos;
  }

  std::string data() const {
    return folder_ / "data";
  }

  temp_folder folder_;
  test::certificates certificates_{folder_};
  int port_ = 0;
  std::unique_ptr<running_program> program_;
};

} // namespace reeve::io::test
