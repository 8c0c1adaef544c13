#include "io/checks/password_file.hpp"

#include "io/loop/descriptor.hpp"
#include "io/loop/loop.hpp"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <system_error>
#include <utility>

namespace reeve::io {

namespace {

error unreadable(const std::string& file, int why) {
  return {"cannot read password file '" + file + "': " + std::generic_category().message(why)};
}

result<std::string> first_line_of(const std::string& file) {
  // Not blocking, lest a pipe wait for its writer.
  const descriptor opened{open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!opened)
    return unreadable(file, errno);
  std::array<char, 4'096> buffer;
  const auto n = read(opened.get(), buffer.data(), buffer.size());
  if (n < 0)
    return unreadable(file, errno);
  const std::string_view text{buffer.data(), static_cast<std::size_t>(n)};
  const auto line = text.substr(0, text.find_first_of("\r\n"));
  if (line.empty())
    return error{"the first line of password file '" + file
                 + "' is empty: write the password there"};
  return std::string{line};
}

} // namespace

struct password_reading::state {
  std::string file;
  result<std::string> line{std::string{}};
  std::function<void(result<std::string>)> done; ///< loop thread only
};

password_reading::password_reading(loop& l, const std::string& file,
                                   std::function<void(result<std::string>)> done)
    : state_{std::make_shared<state>()} {
  state_->file = file;
  state_->done = std::move(done);
  l.in_background(
    "file " + file, [s = state_] { s->line = first_line_of(s->file); },
    [s = state_] {
      if (const auto tell = std::exchange(s->done, nullptr))
        tell(std::move(s->line));
    });
}

password_reading::~password_reading() {
  state_->done = nullptr;
}

} // namespace reeve::io
