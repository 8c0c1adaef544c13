#pragma once

#include "supervisor/result.hpp"

#include <sys/socket.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace reeve::io {

/// An address written in digits, IPv6 with or without brackets.
std::optional<sockaddr_storage> literal_address(const std::string& host, int port);

/// In digits again, without a port.
std::string to_text(const sockaddr_storage& address);

/// A host's name as it is compared: in small letters, without a dot at its end.
std::string plain_name(std::string name);

/// Where the machine's own knowledge of names stands.
struct name_file_paths {
  std::string hosts = "/etc/hosts";
  std::string resolv_conf = "/etc/resolv.conf";
};

/// What stands there.
struct name_files {
  std::map<std::string, std::vector<sockaddr_storage>> hosts; ///< by their plain names
  std::vector<std::string> servers; ///< as written, a port may follow: "127.0.0.1:5353"
};

/// Reads them, on any thread; a missing one is an empty one.
result<name_files> read_name_files(const name_file_paths& paths);

/// Changes when one of them does.
std::string version_of(const name_file_paths& paths);

} // namespace reeve::io
