#include "tests/support/reeve_daemon.hpp"

#include "tests/support/places.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

extern char** environ;

namespace reeve::test {

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

namespace {

pid_t spawn(const std::vector<std::string>& arguments, const std::string& out,
            const std::string& err) {
  std::vector<char*> argv;
  for (const auto& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  pid_t pid = -1;
  int failed = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(failed, 0) << argv[0];
  return failed == 0 ? pid : -1;
}

std::filesystem::path make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "reeve-test-XXXXXX").string();
  EXPECT_NE(mkdtemp(pattern.data()), nullptr);
  return pattern;
}

int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

httplib::Client client(int port) {
  httplib::Client c("127.0.0.1", port);
  c.set_connection_timeout(2);
  c.set_read_timeout(5);
  return c;
}

http_reply to_reply(const httplib::Result& result) {
  return result ? http_reply{result->status, result->body} : http_reply{};
}

} // namespace

int free_port() {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(fd);
  return ntohs(address.sin_port);
}

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds deadline) {
  auto end = std::chrono::steady_clock::now() + deadline;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

reeve_daemon::reeve_daemon(std::string config) : folder_{make_folder()}, port_{free_port()} {
  for (int& p : ports_)
    p = free_port();
  write_config(config);
}

reeve_daemon::~reeve_daemon() {
  if (pid_ > 0) {
    signal(SIGTERM);
    if (!wait_exit(std::chrono::seconds{10})) {
      signal(SIGKILL);
      wait_exit();
    }
  }
  if (testing::Test::HasFailure())
    std::cerr << "--- reeve's log\n" << log() << "---\n";
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string reeve_daemon::fill_in(std::string text) const {
  replace_all(text, "@PORT@", std::to_string(port_));
  replace_all(text, "@DIR@", folder_.string());
  replace_all(text, "@DEMO@", reeve::tests::binary_dir() + "/reeve-demo");
  for (int i = 0; i < 4; ++i)
    replace_all(text, std::string{'@', static_cast<char>('A' + i), '@'}, std::to_string(ports_[i]));
  return text;
}

void reeve_daemon::write_config(const std::string& config) {
  std::ofstream{folder_ / "reeve.yaml"}
    << fill_in("server: {listen: \"127.0.0.1:@PORT@\"}\n" + config);
}

void reeve_daemon::limit_descriptors(int most) {
  most_descriptors_ = most;
}

void reeve_daemon::add_arguments(const std::vector<std::string>& words) {
  for (const auto& word : words)
    arguments_.push_back(fill_in(word));
}

void reeve_daemon::start() {
  ASSERT_LE(pid_, 0);
  std::vector<std::string> words{reeve::tests::binary_dir() + "/reeve", "run", "-c",
                                 (folder_ / "reeve.yaml").string()};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  if (most_descriptors_ > 0)
    words.insert(words.begin(), {"prlimit", "--nofile=" + std::to_string(most_descriptors_)});
  pid_ = spawn(words, (folder_ / "out").string(), (folder_ / "log").string());
}

void reeve_daemon::start_and_wait() {
  start();
  ASSERT_TRUE(eventually([this] { return get("/livez").status == 200; })) << log();
}

void reeve_daemon::signal(int number) const {
  ASSERT_GT(pid_, 0);
  kill(pid_, number);
}

std::optional<int> reeve_daemon::wait_exit(std::chrono::milliseconds deadline) {
  int status = 0;
  bool gone =
    eventually([&] { return pid_ <= 0 || waitpid(pid_, &status, WNOHANG) == pid_; }, deadline);
  if (!gone)
    return std::nullopt;
  pid_ = -1;
  return code_of(status);
}

http_reply reeve_daemon::get(const std::string& path) const {
  return to_reply(client(port_).Get(path.c_str()));
}

http_reply reeve_daemon::post(const std::string& path) const {
  return to_reply(client(port_).Post(path.c_str()));
}

nlohmann::json reeve_daemon::service(const std::string& name) const {
  auto reply = get("/api/v1/services/" + name);
  auto parsed = nlohmann::json::parse(reply.body, nullptr, false);
  return reply.status == 200 && parsed.is_object() ? parsed : nlohmann::json{};
}

bool reeve_daemon::becomes(const std::string& name, const std::string& field,
                           const nlohmann::json& value, std::chrono::milliseconds deadline) const {
  return eventually(
    [&] {
      auto s = service(name);
      return s.is_object() && s.contains(field) && s[field] == value;
    },
    deadline);
}

std::optional<double> reeve_daemon::metric(const std::string& series) const {
  std::istringstream text{get("/metrics").body};
  for (std::string line; std::getline(text, line);)
    if (line.compare(0, series.size() + 1, series + " ") == 0)
      return std::stod(line.substr(series.size() + 1));
  return std::nullopt;
}

std::string reeve_daemon::log() const {
  return content_of(folder_ / "log");
}

std::filesystem::path reeve_daemon::folder() const {
  return folder_;
}

int reeve_daemon::port() const {
  return port_;
}

int reeve_daemon::port(char letter) const {
  return ports_[letter - 'A'];
}

pid_t reeve_daemon::pid() const {
  return pid_;
}

finished run_command(const std::vector<std::string>& arguments) {
  auto folder = make_folder();
  pid_t pid = spawn(arguments, (folder / "out").string(), (folder / "err").string());
  int status = 0;
  if (!eventually([&] { return waitpid(pid, &status, WNOHANG) != 0; }, std::chrono::seconds{60})) {
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    ADD_FAILURE() << arguments.front() << " did not end";
  }
  finished result{code_of(status), content_of(folder / "out"), content_of(folder / "err")};
  std::filesystem::remove_all(folder);
  return result;
}

finished run_reeve(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), reeve::tests::binary_dir() + "/reeve");
  return run_command(arguments);
}

background_process::background_process(const std::vector<std::string>& arguments,
                                       const std::string& log)
    : pid_{spawn(arguments, log, log)} {
}

background_process::~background_process() {
  if (pid_ <= 0)
    return;
  kill(pid_, SIGTERM);
  if (!eventually([&] { return waitpid(pid_, nullptr, WNOHANG) != 0; }, std::chrono::seconds{10})) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc", ignored}) {
    pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0)
      continue;
    auto line = content_of(entry.path() / "cmdline"); // empty for a zombie
    std::replace(line.begin(), line.end(), '\0', ' ');
    if (line.find(text) != std::string::npos && line.find("reeve-launcher") == std::string::npos)
      found.push_back(pid);
  }
  return found;
}

} // namespace reeve::test
