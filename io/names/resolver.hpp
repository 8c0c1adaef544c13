#pragma once

#include "io/names/name_channel.hpp"
#include "io/names/name_files.hpp"

#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reeve::io {

class loop;

/// What is known about a host's addresses.
struct resolution {
  enum class kind {
    found,
    no_such_host,  ///< a name server answered that there is none
    could_not_ask, ///< nobody answered: says nothing about the host
  };
  kind what = kind::found;
  std::vector<sockaddr_storage> addresses; ///< the best first
  std::string reason;                      ///< one sentence part, when not found
  bool exhausted = false;                  ///< could not ask for want of descriptors
};

/// The addresses of hosts, from the hosts file and the name servers of resolv.conf,
/// which are read again when they change. Answers are kept as long as they say, but
/// 30 s at most; lookups of one name at one time are one query. Loop thread only.
class resolver {
public:
  /// `look_again`: how often the files are looked at for changes, at most.
  explicit resolver(loop& l, name_file_paths files = {},
                    std::chrono::milliseconds look_again = std::chrono::seconds{2});
  /// REQUIRES: no lookup under way.
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// The next lookup asks anew: to be called when no connection could be made.
  void forget(const std::string& host);

  /// Asks the name servers for the records of one type of exactly this name, now.
  /// `done` is called later, once, unless the resolver goes before; a problem means that
  /// they cannot be asked at all.
  using records = std::function<void(const std::string& problem, int status, const std::string&)>;
  void ask_records(const std::string& name, int type, records done);

private:
  friend class lookup;
  struct state;
  std::shared_ptr<state> state_; ///< weakly held by what reads the files
};

/// One lookup. Loop thread only.
class lookup {
public:
  /// A name, or an address in digits. `done` is called once, later, unless this is
  /// destroyed before. It takes as long as the name servers do: the deadline is the
  /// caller's.
  lookup(resolver& names, const std::string& host, int port, std::function<void(resolution)> done);
  ~lookup();
  lookup(const lookup&) = delete;
  lookup& operator=(const lookup&) = delete;

private:
  friend class resolver;
  struct state;
  std::shared_ptr<state> state_; ///< weakly held by the resolver
};

} // namespace reeve::io
