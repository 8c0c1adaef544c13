#include "config/file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace reeve::config {

namespace {

constexpr std::size_t most_read = 4 * 1024 * 1024 + 1; // one more than is allowed

} // namespace

result<std::string> read_file(const std::string& file) {
  const auto close = [](std::FILE* f) { std::fclose(f); };
  const std::unique_ptr<std::FILE, decltype(close)> in{std::fopen(file.c_str(), "rb"), close};
  if (!in)
    return error{std::string{"cannot be opened: "} + std::strerror(errno)};
  std::string text;
  std::array<char, 64 * 1024> part;
  errno = 0;
  while (text.size() < most_read) {
    const auto length = std::fread(part.data(), 1, part.size(), in.get());
    if (length == 0)
      break;
    text.append(part.data(), length);
  }
  if (std::ferror(in.get()))
    return error{std::string{"cannot be read: "} + std::strerror(errno)};
  return text;
}

} // namespace reeve::config
