#include "cli/absences.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

namespace reeve::cli {

namespace {

namespace fs = std::filesystem;

std::string whole(const fs::path& path) {
  std::error_code failed;
  const auto absolute = fs::absolute(path, failed);
  return "'" + (failed ? path : absolute.lexically_normal()).string() + "'";
}

bool is_there(const fs::path& path) {
  std::error_code failed;
  return fs::exists(path, failed) || failed; // what may not be looked at may be there
}

std::string hint_for(const std::string& path) {
  return path.starts_with('~') ? "; '~' is not expanded, write ${HOME}" : "";
}

bool is_in(std::string_view folders, const std::string& program) {
  while (true) {
    const auto folder = folders.substr(0, folders.find(':'));
    const auto file = fs::path{folder.empty() ? "." : folder} / program;
    std::error_code failed;
    if (access(file.c_str(), X_OK) == 0 && !fs::is_directory(file, failed))
      return true;
    if (folder.size() == folders.size())
      return false;
    folders.remove_prefix(folder.size() + 1);
  }
}

std::optional<std::string> lacks_program(const std::string& program, const std::string& path,
                                         const fs::path& folder) {
  if (program.find('/') == program.npos)
    return is_in(path, program)
             ? std::nullopt
             : std::optional{"there is no command '" + program + "' in PATH" + hint_for(program)};
  const auto file = folder / program;
  if (!is_there(file))
    return "there is no command " + whole(file) + hint_for(program);
  std::error_code failed;
  if (fs::is_directory(file, failed))
    return whole(file) + " is a folder, no command";
  const auto permissions = fs::status(file, failed).permissions();
  const bool executable = (permissions & fs::perms{0111}) != fs::perms::none;
  return failed || executable ? std::nullopt : std::optional{whole(file) + " is not executable"};
}

std::string own_path() {
  const char* path = std::getenv("PATH");
  return path != nullptr ? path : "/bin:/usr/bin";
}

std::optional<std::string> lacks_program(const std::vector<std::string>& command) {
  return command.empty() ? std::nullopt : lacks_program(command.front(), own_path(), "");
}

std::optional<std::string> lacks_file(const std::string& file) {
  if (file.empty() || is_there(file))
    return {};
  return "there is no file " + whole(file) + hint_for(file);
}

class search {
public:
  std::vector<absence> found;

  void look_at(const service_spec& service) {
    service_ = service.name;
    std::visit([this](const auto& target) { look_at(target); }, service.restart.target);
    for (const auto& remedy : service.restart.further)
      std::visit([this](const auto& target) { look_at(target); }, remedy.target);
    for (const auto& check : service.checks)
      std::visit([this](const auto& target) { look_at(target); }, check.target);
  }

  void look_at_file(const std::string& place, const std::string& file) {
    note(place, lacks_file(file));
  }

private:
  void note(const std::string& place, std::optional<std::string> what) {
    if (what)
      found.push_back({service_, place, std::move(*what)});
  }

  void look_at(const process_spec& process) {
    std::error_code failed;
    const bool no_folder = !process.cwd.empty() && !fs::is_directory(process.cwd, failed);
    if (no_folder && (!failed || failed == std::errc::no_such_file_or_directory))
      note("process.cwd", "there is no folder " + whole(process.cwd) + hint_for(process.cwd));
    if (!process.user.empty() && getpwnam(process.user.c_str()) == nullptr)
      note("process.user", "there is no user '" + process.user + "' on this system");
    const auto path = process.env.find("PATH");
    if (!no_folder && !process.command.empty())
      note("process.command",
           lacks_program(process.command.front(),
                         path == process.env.end() ? own_path() : path->second, process.cwd));
  }
  void look_at(const exec_target& commands) {
    for (const auto& command : {commands.start, commands.stop, commands.restart})
      note("restart.exec", lacks_program(command));
  }
  void look_at(const exec_check& check) {
    note("check.exec", lacks_program(check.command));
  }
  void look_at(const http_check& check) {
    look_at(check.tls);
  }
  void look_at(const tcp_check& check) {
    if (check.tls)
      look_at(*check.tls);
  }
  void look_at(const postgres_check& check) {
    look_at_file("check.password_file", check.password_file);
  }
  void look_at(const redis_check& check) {
    look_at_file("check.password_file", check.password_file);
  }
  // What its service has yet to write, and what is not of this machine.
  template <class Other>
  void look_at(const Other&) {
  }

  void look_at(const tls_options& tls) {
    look_at_file("check.tls.ca_file", tls.ca_file);
    look_at_file("check.tls.certificate_file", tls.certificate_file);
    look_at_file("check.tls.key_file", tls.key_file);
  }

  std::string service_;
};

} // namespace

std::vector<absence> find_absences(const daemon_spec& spec) {
  search looking;
  looking.look_at_file("token_file", spec.server.token_file);
  for (const auto& service : spec.services)
    looking.look_at(service);
  return std::move(looking.found);
}

std::string to_string(const absence& a) {
  return (a.service.empty() ? "server" : "services." + a.service) + "." + a.place + ": " + a.what;
}

} // namespace reeve::cli
