#include "io/checks/postgres_failure.hpp"

#include "io/checks/session_check.hpp"
#include "io/net/connect_failure.hpp"

#include <errno.h>

#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace reeve::io {

namespace {

using kind = check_outcome::kind;

constexpr int network_errors[] = {ECONNREFUSED, EHOSTUNREACH,  ETIMEDOUT,   ECONNRESET, EPIPE,
                                  EMFILE,       ENFILE,        ENETUNREACH, ENETDOWN,   EACCES,
                                  ECONNABORTED, EADDRNOTAVAIL, ENOMEM,      ENOBUFS,    EPERM};

bool says(const std::string& words, std::string_view text) {
  return words.find(text) != std::string::npos;
}

/// Behind libpq's "connection to server at ... failed: ". The first attempt's words, if it
/// made several.
std::string without_preamble(const std::string& words) {
  auto line = words.substr(0, words.find('\n'));
  static constexpr std::string_view preamble = " failed: ";
  if (line.starts_with("connection to server"))
    if (const auto end = line.find(preamble); end != std::string::npos)
      line = line.substr(end + preamble.size());
  return line;
}

/// Behind the server's "FATAL:  ", which may be in another language; none: libpq's own words.
std::optional<std::string> words_of_server(const std::string& line) {
  const auto colon = line.find(":  ");
  if (colon == std::string::npos || colon >= 20)
    return std::nullopt;
  return line.substr(colon + 3);
}

/// `... on socket "/run/postgresql/.s.PGSQL.5432" failed: No such file or directory`
check_outcome no_socket(const std::string& words, const std::string& secret) {
  const auto start = words.find('"');
  const auto end = words.find('"', start + 1);
  if (start == std::string::npos || end == std::string::npos)
    return {kind::failed, {}, "there is no socket to connect to"};
  const auto path = one_sentence(words.substr(start + 1, end - start - 1), secret);
  return {kind::failed, {}, "there is no socket '" + path + "'"};
}

bool ends_with_message_of(const std::string& line, int error) {
  return line.ends_with(std::generic_category().message(error));
}

/// What a person must mend in what Reeve was given.
bool is_ours(const std::string& words, const std::string& line) {
  for (const auto* part :
       {"root certificate file", "certificate file \"", "private key file",
        "could not open certificate", "could not load private key", "out of memory"})
    if (says(line, part))
      return true;
  return words.starts_with("invalid "); // a parameter: no server was asked
}

} // namespace

check_outcome refused_by_postgres(const std::string& words, const std::string& secret) {
  auto reason = one_sentence(words, secret);
  return {kind::failed, {}, reason.empty() ? "refused without a reason" : reason};
}

check_outcome explain_postgres_error(const std::string& words, const std::string& secret) {
  const auto line = without_preamble(words);
  // Out of files or memory is then the server, not we.
  if (const auto theirs = words_of_server(line))
    return refused_by_postgres(*theirs, secret);
  if (says(words, "on socket \"") && ends_with_message_of(line, ENOENT))
    return no_socket(words, secret);
  for (const int error : network_errors)
    if (ends_with_message_of(line, error))
      return outcome_of(explain_connect_error(error));
  if (says(line, "server closed the connection") || says(line, "EOF detected")
      || says(line, "unexpected eof"))
    return {kind::failed, {}, "connection closed"};
  if (says(line, "no password supplied"))
    return {kind::failed, {}, "the server asks for a password, and none is given"};
  for (const auto* part :
       {"expected authentication request", "received invalid", "lost synchronization"})
    if (says(line, part))
      return {kind::failed, {}, "the answer is not PostgreSQL's"};
  if (says(line, "certificate verify failed"))
    return {
      kind::failed,
      {},
      "certificate is not to be trusted: not signed by an authority of 'sslrootcert', or expired"};
  auto outcome = refused_by_postgres(line, secret);
  if (is_ours(words, line))
    outcome.what = kind::not_run;
  return outcome;
}

} // namespace reeve::io
