#include "io/processes/account.hpp"

#include <grp.h>
#include <pwd.h>

namespace reeve::io {

std::variant<account, int> find_account(const std::string& user) {
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  const int failed = getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr)
    return failed;
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

} // namespace reeve::io
