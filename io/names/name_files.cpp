#include "io/names/name_files.hpp"

#include <errno.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <uv.h>

#include <array>
#include <cctype>
#include <fstream>
#include <sstream>
#include <system_error>

namespace reeve::io {

namespace {

/// One list of words for each line that holds any; comments are left out.
result<std::vector<std::vector<std::string>>> words_of(const std::string& file) {
  std::vector<std::vector<std::string>> lines;
  errno = 0;
  std::ifstream in{file};
  if (!in && errno != ENOENT)
    return error{"cannot read '" + file + "': " + std::generic_category().message(errno)};
  for (std::string line; std::getline(in, line);) {
    std::istringstream rest{line.substr(0, line.find_first_of("#;"))};
    std::vector<std::string> words;
    for (std::string word; rest >> word;)
      words.push_back(word);
    if (!words.empty())
      lines.push_back(std::move(words));
  }
  return lines;
}

} // namespace

std::optional<sockaddr_storage> literal_address(const std::string& host, int port) {
  sockaddr_storage address{};
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const auto digits = bracketed ? host.substr(1, host.size() - 2) : host;
  if (uv_ip4_addr(digits.c_str(), port, reinterpret_cast<sockaddr_in*>(&address)) == 0
      || uv_ip6_addr(digits.c_str(), port, reinterpret_cast<sockaddr_in6*>(&address)) == 0)
    return address;
  return std::nullopt;
}

std::string to_text(const sockaddr_storage& address) {
  std::array<char, 64> text{};
  uv_ip_name(reinterpret_cast<const sockaddr*>(&address), text.data(), text.size());
  return text.data();
}

std::string plain_name(std::string name) {
  for (auto& c : name)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (!name.empty() && name.back() == '.')
    name.pop_back();
  return name;
}

result<name_files> read_name_files(const name_file_paths& paths) {
  name_files found;
  const auto hosts = words_of(paths.hosts);
  if (!hosts)
    return error{hosts.sentence()};
  for (const auto& line : *hosts)
    if (const auto address = literal_address(line.front(), 0))
      for (std::size_t i = 1; i < line.size(); ++i)
        found.hosts[plain_name(line[i])].push_back(*address);
  const auto lines = words_of(paths.resolv_conf);
  if (!lines)
    return error{lines.sentence()};
  for (const auto& line : *lines)
    if (line.size() > 1 && line.front() == "nameserver")
      found.servers.push_back(line[1]);
  return found;
}

std::string version_of(const name_file_paths& paths) {
  std::string version;
  for (const auto& file : {paths.hosts, paths.resolv_conf}) {
    struct stat s {};
    if (stat(file.c_str(), &s) == 0)
      version += std::to_string(s.st_ino) + ' ' + std::to_string(s.st_size) + ' '
                 + std::to_string(s.st_mtim.tv_sec) + '.' + std::to_string(s.st_mtim.tv_nsec);
    version += '|';
  }
  return version;
}

} // namespace reeve::io
