#pragma once

#include <sys/types.h>

#include <string>
#include <variant>
#include <vector>

namespace reeve::io {

/// Who a service runs as.
struct account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  std::string home;
};

/// From the system's user database, which may ask a server and hang: not on the loop
/// thread. Else an errno, 0: there is no such user.
std::variant<account, int> find_account(const std::string& user);

} // namespace reeve::io
