#pragma once

#include "supervisor/specs/daemon_spec.hpp"

#include <string>
#include <vector>

namespace reeve::cli {

/// Something that a config names and this machine lacks.
struct absence {
  std::string service;
  std::string place; ///< "process" or a kind of check, ...
  std::string what;  ///< a sentence, with the whole path
};

/// `services.web.process.command: there is no command 'x' in PATH`.
std::string to_string(const absence& a);

/// Looks up the programs, folders, users and files of `spec`. Blocks on the file system and on the
/// user database, which both may hang: for commands, not for the daemon. Any thread.
std::vector<absence> find_absences(const daemon_spec& spec);

} // namespace reeve::cli
