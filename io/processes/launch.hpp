#pragma once

#include "io/loop/descriptor.hpp"
#include "io/processes/launcher/job.hpp"
#include "supervisor/facts/blame.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace reeve::io {

class loop;

/// What a launcher is to run.
struct launch_request {
  std::string title; ///< stands behind "reeve-launcher" in what `ps` shows
  process_spec process;
  std::chrono::milliseconds stop_timeout{0}; ///< after its stop signal, should Reeve end
  bool scripts_by_shell = false;             ///< those whose first line does not name who runs them
  std::string turn; ///< of several with this name one runs, the others wait; empty: all run
};

/// A launcher that was just started, with Reeve's ends of what connects the two.
struct launched {
  int pid = 0;
  descriptor control; ///< gives `launch::report`s, takes `launch::order`s
  descriptor output;  ///< of what runs, not blocking
};

/// Why there is none.
struct no_launcher {
  int code = 0; ///< an errno
  std::string sentence;
};

/// Starts the launcher executable at path `launcher`, which should be on a local disk: that
/// is the one file that is read before this returns. What else may hang (PATH, the folder,
/// the program) hangs in the launcher, which obeys meanwhile; the user is looked up in the
/// background. Loop thread only.
std::variant<launched, no_launcher> start_launcher(loop& l, const std::string& launcher,
                                                   const launch_request& r);

/// "reeve-launcher" beside our own executable: installed, and in the build folder.
const std::string& launcher_beside_us();

/// What an errno of a start says; of a limit also which to raise.
std::string start_error_text(int error);

/// Whose fault such an errno is: the machine's where something of it or of Reeve ran out.
blame who_kept_from_starting(int error);

/// Why the service could not be started, from a report of that.
std::string why_not_started(const launch::report& failed, const process_spec& spec);

/// Tells `launcher`, at the other end of `control`, also one that somebody suspended; nothing if it
/// ends already. It is not reaped yet.
void send_order(int launcher, const descriptor& control, launch::order o);

/// Takes one report, if there is one, from the launcher at the other end of `control`; false once
/// that end is closed and all is taken.
bool read_report(const descriptor& control, std::optional<launch::report>& got);

/// A name of ours for `launch_request::turn`: the same for the same words.
std::string turn_named(const std::vector<std::string>& words);

} // namespace reeve::io
