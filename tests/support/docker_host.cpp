#include "tests/support/docker_host.hpp"

#include "tests/support/kill_process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace reeve::test {

namespace {

using namespace std::chrono_literals;

/// Waits at its standard input until the test has gone, however it went. $1: the folder.
const char* const guard_script = R"(
cat >/dev/null
host="docker -H unix://$1/docker.sock"
pid=$(cat "$1/docker.pid" 2>/dev/null)
if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
  kill -CONT "$pid"
  timeout 20 $host ps -aq 2>/dev/null | timeout 20 xargs -r $host rm -f >/dev/null 2>&1
  kill -TERM "$pid"
  for i in $(seq 200); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill -KILL "$pid" 2>/dev/null
fi
pgrep -f -- "$1/" | while read -r left; do
  [ "$left" != $$ ] && kill -KILL "$left" 2>/dev/null
done
for i in 1 2 3; do
  awk -v at="$1/" 'index($2, at) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount -l 2>/dev/null
done
for i in $(seq 20); do rm -rf "$1" 2>/dev/null; [ -e "$1" ] || break; sleep 0.1; done
)";

/// In the child, after fork: becomes `arguments`, with its output going to `out`.
[[noreturn]] void become(const std::vector<std::string>& arguments, int in, int out) {
  if (in >= 0)
    dup2(in, 0);
  dup2(out, 1);
  dup2(out, 2);
  std::vector<char*> argv;
  for (const auto& a : arguments)
    argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  _exit(127);
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = read(fd, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(n));
  return text;
}

docker_host::outcome run_to_end(const std::vector<std::string>& arguments) {
  std::array<int, 2> out{};
  if (pipe2(out.data(), O_CLOEXEC) != 0)
    return {127, "no pipe"};
  auto pid = fork();
  if (pid == 0)
    become(arguments, -1, out[1]);
  close(out[1]);
  auto text = read_all(out[0]);
  close(out[0]);
  int how = 0;
  waitpid(pid, &how, 0);
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return {WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how), text};
}

/// A sentence about the first one that is not in PATH; empty: all are there.
std::string missing_program() {
  for (const char* name : {"dockerd", "docker", "tar", "pgrep"})
    if (run_to_end({"sh", "-c", std::string{"command -v "} + name}).code != 0)
      return std::string{"no `"} + name
             + "` in PATH; ./dev installs what tests need (packages.txt)";
  if (access("/bin/busybox", X_OK) != 0)
    return "no /bin/busybox; ./dev installs what tests need (packages.txt)";
  return {};
}

std::string end_of(const std::string& file) {
  std::ifstream in{file};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  constexpr std::size_t most = 2'000;
  return text.size() > most ? "..." + text.substr(text.size() - most) : text;
}

} // namespace

const std::string docker_host::patient = "trap 'exit 0' TERM; while :; do sleep 0.05; done";

bool docker_host::possible() {
  return geteuid() == 0;
}

docker_host::docker_host() {
  static std::string broken; // by now for all who come after
  if (broken.empty())
    broken = missing_program();
  if (!broken.empty())
    throw std::runtime_error(broken);
  std::string name = (std::filesystem::temp_directory_path() / "reeve-docker-XXXXXX").string();
  folder_ = mkdtemp(name.data());
  guard();
  broken = try_start();
  if (broken.empty())
    broken = import_image();
  if (broken.empty())
    return;
  clean_up();
  throw std::runtime_error(broken);
}

docker_host::~docker_host() {
  clean_up();
}

void docker_host::clean_up() {
  close(guard_lifeline_);
  if (pid_ > 0)
    waitpid(pid_, nullptr, 0);
  read_all(guard_done_);
  close(guard_done_);
}

/// Not a child of ours, so that whoever ends us with our children does not end it.
void docker_host::guard() {
  std::array<int, 2> lifeline{};
  std::array<int, 2> done{};
  if (pipe2(lifeline.data(), O_CLOEXEC) != 0 || pipe2(done.data(), O_CLOEXEC) != 0)
    return;
  auto between = fork();
  if (between == 0) {
    setsid();
    if (fork() != 0)
      _exit(0);
    // Its output is the pipe that tells that it is through.
    become({"/bin/sh", "-c", guard_script, "guard", folder_}, lifeline[0], done[1]);
  }
  waitpid(between, nullptr, 0);
  close(lifeline[0]);
  close(done[1]);
  guard_lifeline_ = lifeline[1];
  guard_done_ = done[0];
}

std::string docker_host::socket() const {
  return folder_ + "/docker.sock";
}

std::string docker_host::folder() const {
  return folder_;
}

void docker_host::start(const std::vector<std::string>& options) {
  if (const auto why = try_start(options); !why.empty())
    ADD_FAILURE() << why;
}

std::string docker_host::try_start(const std::vector<std::string>& options) {
  auto log = folder_ + "/log";
  auto out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pid_ = fork();
  if (pid_ == 0) {
    setpgid(0, 0);
    unshare(CLONE_NEWNET); // an engine without a bridge removes the one of the engine it finds
    std::vector<std::string> command{"dockerd",         "--host",           "unix://" + socket(),
                                     "--data-root",     folder_ + "/data",  "--exec-root",
                                     folder_ + "/exec", "--pidfile",        folder_ + "/docker.pid",
                                     "--bridge=none",   "--iptables=false", "--ip6tables=false"};
    command.insert(command.end(), options.begin(), options.end());
    become(command, -1, out);
  }
  close(out);
  auto deadline = std::chrono::steady_clock::now() + 30s;
  outcome asked;
  while ((asked = try_docker({"version"})).code != 0) {
    const bool ended = waitpid(pid_, nullptr, WNOHANG) == pid_;
    if (ended)
      pid_ = -1;
    if (ended || std::chrono::steady_clock::now() > deadline)
      return std::string{ended ? "dockerd has ended" : "dockerd does not answer"}
             + "; docker says: " + asked.out + "\nthe end of its log:\n" + end_of(log);
    std::this_thread::sleep_for(20ms);
  }
  return {};
}

void docker_host::begin_stop() const {
  kill_process(pid_, SIGTERM);
}

bool docker_host::is_ending() const {
  siginfo_t ended{};
  return waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0
         && ended.si_pid == 0;
}

void docker_host::stop() {
  begin_stop();
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void docker_host::crash() {
  const auto file = folder_ + "/exec/containerd/containerd.pid";
  std::ifstream text{file};
  pid_t containerd = 0;
  text >> containerd;
  kill_process(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
  if (containerd > 0)
    kill(containerd, SIGKILL); // it dies with its engine, and may be gone already
  std::filesystem::remove(file);
  std::filesystem::remove(folder_ + "/docker.pid");
}

void docker_host::freeze() const {
  kill_process(pid_, SIGSTOP);
  siginfo_t stopped{};
  waitid(P_PID, static_cast<id_t>(pid_), &stopped, WSTOPPED); // told once all its threads have
}

void docker_host::thaw() const {
  kill_process(pid_, SIGCONT);
}

std::string docker_host::import_image() const {
  namespace fs = std::filesystem;
  auto root = fs::path{folder_} / "image";
  fs::create_directories(root / "bin");
  fs::create_directories(root / "tmp");
  fs::copy_file("/bin/busybox", root / "bin" / "busybox");
  for (const char* name : {"sh", "sleep", "cat", "test", "touch", "rm", "echo", "nc", "httpd"})
    fs::create_symlink("busybox", root / "bin" / name);
  auto archive = folder_ + "/image.tar";
  auto packed = run_to_end({"tar", "-C", root.string(), "-cf", archive, "."});
  if (packed.code != 0)
    return "tar cannot pack an image: " + packed.out;
  auto imported = try_docker({"import", archive, "box"});
  return imported.code == 0 ? "" : "docker cannot import an image: " + imported.out;
}

docker_host::outcome docker_host::try_docker(std::vector<std::string> arguments) const {
  std::vector<std::string> command{"docker", "-H", "unix://" + socket()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_to_end(command);
}

std::string docker_host::docker(std::vector<std::string> arguments) const {
  auto what = testing::PrintToString(arguments);
  auto done = try_docker(std::move(arguments));
  EXPECT_EQ(done.code, 0) << "docker " << what << ": " << done.out;
  return done.out;
}

void docker_host::run(const std::string& name, const std::string& script,
                      const std::vector<std::string>& options) const {
  std::vector<std::string> command{"run", "-d", "--network", "none", "--name", name};
  command.insert(command.end(), options.begin(), options.end());
  command.insert(command.end(), {"box", "/bin/sh", "-c", script});
  docker(std::move(command));
}

pid_t docker_host::pid_of(const std::string& container) const {
  return std::stoi("0" + docker({"inspect", "-f", "{{.State.Pid}}", container}));
}

} // namespace reeve::test
