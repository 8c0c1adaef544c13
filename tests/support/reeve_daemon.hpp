#pragma once

#include <nlohmann/json.hpp>
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace reeve::test {

struct http_reply {
  int status = 0; ///< 0: nobody answered
  std::string body;
};

/// A free port of 127.0.0.1, at this moment.
int free_port();

/// Looks until `holds` or the deadline; returns whether it held. For what happens in other
/// processes and tells nobody.
bool eventually(const std::function<bool()>& holds,
                std::chrono::milliseconds deadline = std::chrono::seconds{20});

/// The real executable, with a config and a folder of its own, as a user would run it. Killed, with
/// all it started, when this goes away.
class reeve_daemon {
public:
  /// In `config`, `@PORT@` is the daemon's own port, `@DIR@` its folder, `@DEMO@` the demo service,
  /// `@A@` to `@D@` four free ports. The line `server: {listen: ...}` is added.
  explicit reeve_daemon(std::string config);
  ~reeve_daemon();

  /// For `start`: the most descriptors it may open, hard.
  void limit_descriptors(int most);
  /// For `start`: more words for `reeve run`, as in a config.
  void add_arguments(const std::vector<std::string>& words);
  void start();
  /// Starts it and waits for /livez.
  void start_and_wait();
  void write_config(const std::string& config);
  void signal(int number) const;
  /// Its exit code (128 + signal if one ended it); none: still running at the deadline.
  std::optional<int> wait_exit(std::chrono::milliseconds deadline = std::chrono::seconds{30});

  http_reply get(const std::string& path) const;
  http_reply post(const std::string& path) const;
  /// The service's object in the API; null if there is none.
  nlohmann::json service(const std::string& name) const;
  /// Waits for a service's field to have this value.
  bool becomes(const std::string& service, const std::string& field, const nlohmann::json& value,
               std::chrono::milliseconds deadline = std::chrono::seconds{20}) const;
  /// The value of a series in /metrics; none if there is no such line.
  std::optional<double> metric(const std::string& series) const;

  std::string log() const;
  std::filesystem::path folder() const;
  std::string fill_in(std::string text) const;
  int port() const;
  int port(char letter) const; ///< 'A' to 'D'
  pid_t pid() const;

private:
  std::filesystem::path folder_;
  int port_ = 0;
  int ports_[4] = {};
  int most_descriptors_ = 0; ///< 0: as many as we
  std::vector<std::string> arguments_;
  pid_t pid_ = -1;
};

struct finished {
  int code = 0; ///< 128 + signal if one ended it
  std::string out;
  std::string err;
};

/// Runs a command, found in PATH, to its end.
finished run_command(const std::vector<std::string>& arguments);
/// The same with `reeve` before the arguments.
finished run_reeve(std::vector<std::string> arguments);

/// A server that a test needs; stopped by its own pid when this goes away.
class background_process {
public:
  background_process(const std::vector<std::string>& arguments, const std::string& log);
  ~background_process();
  background_process(const background_process&) = delete;
  background_process& operator=(const background_process&) = delete;

private:
  pid_t pid_;
};

/// Empty if there is no such file.
std::string content_of(const std::filesystem::path& file);

/// Processes whose command line contains `text`, zombies and launchers not counted.
std::vector<pid_t> processes_with(const std::string& text);

} // namespace reeve::test
