#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace reeve::test {

/// A Docker engine of its own: private socket and folders, no network, an image "box" with nothing
/// but busybox. Its containers, processes, mounts and folders go with it, also if the test dies.
/// Needs root.
class docker_host {
public:
  /// Starts it, and waits until it answers. Throws, with a sentence that says what is missing, and
  /// at once if an earlier one could not be started.
  docker_host();
  ~docker_host();
  docker_host(const docker_host&) = delete;
  docker_host& operator=(const docker_host&) = delete;

  static bool possible(); ///< whether we are root

  std::string socket() const;
  std::string folder() const;

  /// Ends it as an administrator would; its containers stop with it.
  void stop();
  void begin_stop() const;
  bool is_ending() const; ///< it has been told to, and has not
  /// Ends it with its containerd at once; what runs goes on until the next engine ends it.
  void crash();
  /// Waits until it answers.
  void start(const std::vector<std::string>& options = {});
  void freeze() const;
  void thaw() const;

  struct outcome {
    int code = 0;
    std::string out; ///< without the newline at its end
  };
  /// The docker command, against this engine; `out` is what it printed, stderr too.
  outcome try_docker(std::vector<std::string> arguments) const;
  /// The same; a failing command is told as a failure of the test.
  std::string docker(std::vector<std::string> arguments) const;

  /// `docker run` in the background: `options` go before the image, `script` is for its shell.
  void run(const std::string& name, const std::string& script,
           const std::vector<std::string>& options = {}) const;
  /// Runs until somebody ends it, and ends at once when told to.
  static const std::string patient;

  pid_t pid_of(const std::string& container) const;

private:
  void guard();
  void clean_up();
  std::string try_start(const std::vector<std::string>& options = {}); // why not; empty: it answers
  std::string import_image() const;

  std::string folder_;
  pid_t pid_ = -1;
  int guard_lifeline_ = -1; // closed: the guard cleans up
  int guard_done_ = -1;     // at its end: the guard is through
};

} // namespace reeve::test
