#include "io/launch.hpp"

#include "io/file_limit.hpp"
#include "io/spawn_attributes.hpp"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <system_error>
#include <vector>

namespace reeve::io {

namespace {

std::string text_of(int error) {
  return std::generic_category().message(error);
}

/// Who a service runs as.
struct account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  std::string home;
};

result<account> find_account(const std::string& user) {
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  const int failed = getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    const auto why = failed != 0 ? " (" + text_of(failed) + ")" : std::string{};
    return error{"there is no user '" + user + "' on this system" + why};
  }
  account a{entry.pw_uid, entry.pw_gid, {}, entry.pw_dir};
  int count = 64;
  a.groups.resize(static_cast<std::size_t>(count));
  if (getgrouplist(user.c_str(), entry.pw_gid, a.groups.data(), &count) < 0) {
    a.groups.resize(static_cast<std::size_t>(count));
    getgrouplist(user.c_str(), entry.pw_gid, a.groups.data(), &count);
  }
  a.groups.resize(static_cast<std::size_t>(count));
  return a;
}

std::vector<std::string> environment_of(const process_spec& spec, const account* who) {
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

/// The memory file's content; its layout is told in io/launcher/job.hpp.
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

std::string make_job(const process_spec& spec, const account* who,
                     std::chrono::milliseconds stop_timeout) {
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
  head.stop_signal = spec.stop_signal;
  head.stop_timeout_ms = stop_timeout.count();
  head.working_folder = spec.cwd.empty() ? 0 : writer.add_text(spec.cwd);
  return std::move(writer).finish(head);
}

/// Out of the way of the numbers the launcher expects its own at.
descriptor moved_up(int fd) {
  descriptor low{fd};
  return fd < 0 || fd > launch::job_fd
           ? std::move(low)
           : descriptor{fcntl(fd, F_DUPFD_CLOEXEC, launch::output_fd + 1)};
}

descriptor memory_file(const std::string& content) {
  auto file = moved_up(memfd_create("reeve-job", MFD_CLOEXEC));
  std::size_t done = 0;
  while (file && done < content.size()) {
    const auto n = write(file.get(), content.data() + done, content.size() - done);
    if (n <= 0) {
      return {};
    }
    done += static_cast<std::size_t>(n);
  }
  return file;
}

/// What the launcher gets and what we keep.
struct connections {
  descriptor control, output, job;
  descriptor our_control, our_output;
};

std::optional<connections> connect(const std::string& job) {
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
  fcntl(c.our_output.get(), F_SETFL, O_NONBLOCK);
  c.job = memory_file(job);
  if (!c.control || !c.output || !c.our_output || !c.job) {
    return std::nullopt;
  }
  return c;
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

result<launched> launch_service(const std::string& launcher, const std::string& name,
                                const process_spec& spec, std::chrono::milliseconds stop_timeout) {
  std::optional<account> who;
  if (!spec.user.empty()) {
    auto found = find_account(spec.user);
    if (!found) {
      return error{found.sentence()};
    }
    // Without a need there is no switch: only root may, and it must not fail for others.
    if (geteuid() == 0 || found->uid != geteuid()) {
      who = std::move(*found);
    }
  }
  auto c = connect(make_job(spec, who ? &*who : nullptr, stop_timeout));
  if (!c) {
    return error{"cannot open a pipe to a new process: " + text_of(errno)};
  }
  int pid = 0;
  if (const int failed = spawn(launcher, "reeve-launcher " + name, *c, pid); failed != 0) {
    return error{"cannot run " + launcher + ": " + text_of(failed)
                 + "; reeve-launcher belongs beside the reeve executable"};
  }
  return launched{pid, std::move(c->our_control), std::move(c->our_output)};
}

std::string why_not_started(const launch::report& failed, const process_spec& spec) {
  const auto why = text_of(failed.error);
  const auto& command = spec.command.front();
  switch (static_cast<launch::step>(failed.value)) {
  case launch::step::read_job:
    return "reeve-launcher does not fit this reeve (" + why + "); install both from one build";
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
  }
  return why;
}

} // namespace reeve::io
