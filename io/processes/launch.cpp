#include "io/processes/launch.hpp"

#include "io/loop/file_limit.hpp"
#include "io/loop/loop.hpp"
#include "io/loop/own_limits.hpp"
#include "io/processes/account.hpp"
#include "io/processes/spawn_attributes.hpp"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace reeve::io {

namespace {

std::vector<std::string> environment_of(const process_spec& spec, const account* who) {
  if (who == nullptr && spec.env.empty()) {
    std::vector<std::string> ours;
    for (char** entry = environ; *entry != nullptr; ++entry)
      ours.emplace_back(*entry);
    return ours;
  }
  std::map<std::string, std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) {
      all.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  if (who != nullptr) {
    all["HOME"] = who->home;
    all["USER"] = all["LOGNAME"] = spec.user;
  }
  for (const auto& [name, value] : spec.env) {
    all[name] = value;
  }
  std::vector<std::string> lines;
  for (const auto& [name, value] : all) {
    lines.push_back(name + "=" + value);
  }
  return lines;
}

/// The memory file's content; its layout is told in io/processes/launcher/job.hpp.
class job_writer {
public:
  job_writer(std::size_t slots, const std::vector<gid_t>& groups)
      : groups_at_{sizeof(launch::job) + slots * sizeof(std::uintptr_t)} {
    content_.resize(groups_at_ + groups.size() * sizeof(gid_t));
    if (!groups.empty()) {
      std::memcpy(content_.data() + groups_at_, groups.data(), groups.size() * sizeof(gid_t));
    }
  }

  /// Where it lies.
  std::uintptr_t add_text(const std::string& text) {
    const auto place = content_.size();
    content_.append(text.c_str(), text.size() + 1);
    return place;
  }

  /// A null follows them.
  void add_list(const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
      const auto place = add_text(text);
      std::memcpy(content_.data() + next_slot_, &place, sizeof place);
      next_slot_ += sizeof place;
    }
    next_slot_ += sizeof(std::uintptr_t);
  }

  std::string finish(const launch::job& head) && {
    std::memcpy(content_.data(), &head, sizeof head);
    return std::move(content_);
  }

private:
  std::size_t groups_at_;
  std::size_t next_slot_ = sizeof(launch::job);
  std::string content_;
};

std::string make_job(const launch_request& r, const account* who) {
  const auto& spec = r.process;
  const auto variables = environment_of(spec, who);
  const auto groups = who != nullptr ? who->groups : std::vector<gid_t>{};
  job_writer writer{spec.command.size() + 1 + variables.size() + 1, groups};
  writer.add_list(spec.command);
  writer.add_list(variables);

  launch::job head;
  head.arguments = static_cast<std::uint32_t>(spec.command.size());
  head.variables = static_cast<std::uint32_t>(variables.size());
  head.groups = static_cast<std::uint32_t>(groups.size());
  if (who != nullptr) {
    head.uid = who->uid;
    head.gid = who->gid;
    head.switch_user = 1;
  }
  head.scripts_by_shell = r.scripts_by_shell ? 1 : 0;
  head.stop_signal = spec.stop_signal;
  head.stop_timeout_ms = r.stop_timeout.count();
  head.working_folder = spec.cwd.empty() ? 0 : writer.add_text(spec.cwd);
  head.turn = r.turn.empty() ? 0 : writer.add_text(r.turn);
  return std::move(writer).finish(head);
}

/// For a user that was not found, or not yet looked up.
std::string make_job_of_user(const launch_request& r) {
  auto found = find_account(r.process.user);
  if (const auto* why = std::get_if<int>(&found)) {
    launch::job head;
    head.no_user = 1;
    head.user_error = *why;
    return job_writer{2, {}}.finish(head);
  }
  const auto& who = std::get<account>(found);
  // Without a need there is no switch: only root may, and it must not fail for others.
  return make_job(r, geteuid() == 0 || who.uid != geteuid() ? &who : nullptr);
}

/// Out of the way of the numbers the launcher expects its own at.
descriptor moved_up(int fd) {
  descriptor low{fd};
  return fd < 0 || fd > launch::job_fd
           ? std::move(low)
           : descriptor{fcntl(fd, F_DUPFD_CLOEXEC, launch::output_fd + 1)};
}

bool write_all(const descriptor& file, const std::string& content) {
  std::size_t done = 0;
  while (done < content.size()) {
    const auto n = write(file.get(), content.data() + done, content.size() - done);
    if (n <= 0)
      return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

/// What the launcher gets and what we keep.
struct connections {
  descriptor control, output, job;
  descriptor our_control, our_output;
};

std::optional<connections> connect() {
  connections c;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return std::nullopt;
  }
  c.our_control = descriptor{ends[0]};
  c.control = moved_up(ends[1]);
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return std::nullopt;
  }
  c.our_output = moved_up(ends[0]);
  c.output = moved_up(ends[1]);
  c.job = moved_up(memfd_create("reeve-job", MFD_CLOEXEC));
  if (!c.control || !c.output || !c.our_output || !c.job) {
    return std::nullopt;
  }
  fcntl(c.our_output.get(), F_SETFL, O_NONBLOCK);
  return c;
}

void send(const descriptor& control, launch::order o) {
  ::send(control.get(), &o, sizeof o, MSG_NOSIGNAL | MSG_DONTWAIT);
}

std::string why_no_launcher(const std::string& launcher, int why) {
  const bool has_a_limit = who_kept_from_starting(why) == blame::machine;
  return "cannot run " + launcher + ": " + start_error_text(why)
         + (has_a_limit ? "" : "; reeve-launcher belongs beside the reeve executable");
}

constexpr launch::order run_it{launch::order::kind::run, 0};

/// An empty job is refused by the launcher, which says so.
void hand_over(const descriptor& job, const descriptor& control, const std::string& content) {
  if (!write_all(job, content)) [[maybe_unused]]
    const int emptied = ftruncate(job.get(), 0);
  send(control, run_it);
}

/// Once the user is known; the launcher waits, and hears a stop meanwhile.
bool hand_over_later(loop& l, const launch_request& r, connections& c) {
  struct handover {
    launch_request request;
    descriptor job, control;
  };
  descriptor control{fcntl(c.our_control.get(), F_DUPFD_CLOEXEC, 0)};
  if (!control)
    return false;
  const auto h = std::make_shared<handover>(
    handover{r, descriptor{fcntl(c.job.get(), F_DUPFD_CLOEXEC, 0)}, std::move(control)});
  l.in_background(
    "user " + r.process.user, [h] { hand_over(h->job, h->control, make_job_of_user(h->request)); },
    [h] {});
  return true;
}

/// 0 or an errno.
int spawn(const std::string& launcher, const std::string& title, const connections& c, int& pid) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&files, c.output.get(), 1);
  posix_spawn_file_actions_adddup2(&files, c.output.get(), 2);
  posix_spawn_file_actions_adddup2(&files, c.control.get(), launch::control_fd);
  posix_spawn_file_actions_adddup2(&files, c.job.get(), launch::job_fd);
  posix_spawn_file_actions_adddup2(&files, c.our_output.get(), launch::output_fd);

  const spawn_attributes attributes{POSIX_SPAWN_SETSID};
  auto name = title; // what `ps` shows
  char* arguments[] = {name.data(), nullptr};
  char* no_environment[] = {nullptr};
  int failed = 0;
  {
    const original_file_limit for_the_service;
    failed =
      posix_spawn(&pid, launcher.c_str(), &files, attributes.get(), arguments, no_environment);
  }
  posix_spawn_file_actions_destroy(&files);
  return failed;
}

} // namespace

std::string start_error_text(int error) {
  if (error == EAGAIN)
    return "this user has too many processes: raise the limit (ulimit -u, TasksMax of a unit)";
  const auto ran = ran_out(error);
  return ran ? ran->reason : std::generic_category().message(error);
}

blame who_kept_from_starting(int error) {
  switch (error) {
  case EAGAIN:
  case EMFILE:
  case ENFILE:
  case ENOBUFS:
  case ENOMEM:
    return blame::machine;
  default:
    return blame::service;
  }
}

std::variant<launched, no_launcher> start_launcher(loop& l, const std::string& launcher,
                                                   const launch_request& r) {
  const auto no_pipe = [] {
    const int why = errno;
    return no_launcher{why, "cannot open a pipe to a new process: " + start_error_text(why)};
  };
  auto c = connect();
  if (!c)
    return no_pipe();
  if (r.process.user.empty())
    hand_over(c->job, c->our_control, make_job(r, nullptr));
  else if (!hand_over_later(l, r, *c))
    return no_pipe();
  int pid = 0;
  if (const int failed = spawn(launcher, "reeve-launcher " + r.title, *c, pid); failed != 0)
    return no_launcher{failed, why_no_launcher(launcher, failed)};
  return launched{pid, std::move(c->our_control), std::move(c->our_output)};
}

const std::string& launcher_beside_us() {
  static const std::string found = [] {
    std::error_code ignored;
    return (std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path()
            / "reeve-launcher")
      .string();
  }();
  return found;
}

void send_order(int launcher, const descriptor& control, launch::order o) {
  send(control, o);
  kill(launcher, SIGCONT);
}

bool read_report(const descriptor& control, std::optional<launch::report>& got) {
  launch::report r;
  for (;;) {
    const auto n = recv(control.get(), &r, sizeof r, MSG_DONTWAIT);
    if (n == static_cast<ssize_t>(sizeof r)) {
      got = r;
      return true;
    }
    // A launcher that ends with an order unread resets the connection, and what it
    // reported stands behind that error.
    if (n < 0 && (errno == EINTR || errno == ECONNRESET)) {
      continue;
    }
    return n < 0 && errno == EAGAIN;
  }
}

std::string turn_named(const std::vector<std::string>& words) {
  std::uint64_t sum = 0xcbf29ce484222325; // FNV-1a: the same in every build
  for (const auto& word : words)
    for (const char* c = word.c_str(); c <= word.c_str() + word.size(); ++c)
      sum = (sum ^ static_cast<unsigned char>(*c)) * 0x100000001b3;
  return "reeve-launcher " + std::to_string(geteuid()) + " " + std::to_string(sum);
}

std::string why_not_started(const launch::report& failed, const process_spec& spec) {
  const auto why = start_error_text(failed.error);
  const auto& command = spec.command.front();
  switch (static_cast<launch::step>(failed.value)) {
  case launch::step::read_job:
    return "reeve-launcher does not fit this reeve (" + why + "); install both from one build";
  case launch::step::find_user:
    return "there is no user '" + spec.user + "' on this system"
           + (failed.error != 0 ? " (" + why + ")" : "");
  case launch::step::fork:
    return "cannot make a process: " + why;
  case launch::step::user:
    return "cannot become user '" + spec.user + "': " + why
           + (failed.error == EPERM ? "; reeve must run as root for that" : "");
  case launch::step::parent:
    return "its launcher went away";
  case launch::step::folder:
    return "cannot enter its cwd '" + spec.cwd + "': " + why;
  case launch::step::exec:
    if (failed.error == ENOENT && command.find('/') == std::string::npos) {
      return "there is no command '" + command + "' in PATH";
    }
    return "cannot run '" + command + "': " + why;
  case launch::step::interpreter:
    return "cannot run '" + command + "': the interpreter in its first line is not there";
  case launch::step::ordered:
    return "it was stopped before it ran";
  }
  return why;
}

} // namespace reeve::io
