#pragma once

#include "io/checks/check.hpp"
#include "io/checks/runs_per_connection.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace reeve::io {

class loop;
class resolver;

/// What came of asking over a connection. Anything but an answer ends the connection.
struct session_answer {
  check_outcome outcome;
  bool lost = false; ///< by refusal, reset or end: a new connection may fare better
};

/// One connection to a server, made by its first question. Destroying it breaks off
/// what is under way and tells nothing. Loop thread only.
class session {
public:
  virtual ~session() = default;

  /// `done` is called once, perhaps inside the call, and may destroy the session.
  /// REQUIRES: no question under way, and the last one was answered.
  virtual void ask(std::function<void(session_answer)> done) = 0;

  /// Whether the server's machine accepted the connection.
  virtual bool connected() const = 0;
};

/// How a check reaches its server.
struct session_plan {
  std::chrono::milliseconds timeout{0};
  connection_use connection = connection_use::kept;
  std::string host; ///< name or digits; empty: there is nothing to look up
  int port = 0;
  std::string password_file; ///< read for each new connection; empty: none
  std::string unusable;      ///< why no run can ask anything; empty: it can

  /// `where` is null without a host; `password` is empty without a file. May say no
  /// with a null pointer: out of memory.
  std::function<std::unique_ptr<session>(const sockaddr_storage* where,
                                         const std::string& password)>
    open;
};

/// A check that asks one question over a connection that is opened for it or kept from
/// the last run. A kept one that broke meanwhile is replaced within the run. A host's
/// addresses are tried in order, each with a fair share of the time.
std::unique_ptr<check> make_session_check(loop& l, resolver& names, session_plan plan);

/// The first line of a server's words, without the secret, cut where nobody reads on.
std::string one_sentence(const std::string& words, const std::string& secret);

} // namespace reeve::io
