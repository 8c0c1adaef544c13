// What stands in /etc/hosts and /etc/resolv.conf: the input is both.
#include "io/loop/loop.hpp"
#include "io/names/name_channel.hpp"
#include "io/names/name_files.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <sys/mman.h>
#include <unistd.h>

using namespace reeve;
using fuzz::require;

namespace {

class file_in_memory {
public:
  void write(std::string_view text) const {
    require(ftruncate(fd_, 0) == 0, "it can be emptied");
    require(pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
            "it can be written");
  }
  std::string path() const {
    return "/proc/self/fd/" + std::to_string(fd_);
  }

private:
  int fd_ = memfd_create("names", MFD_CLOEXEC);
};

bool is_word(std::string_view text) {
  return !text.empty() && text.find_first_of(" \t\r\n\v\f#;") == std::string_view::npos;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static io::loop loop;
  static const file_in_memory file;
  file.write(fuzz::text_of(data, size));
  const auto found = io::read_name_files({file.path(), file.path()});
  require(static_cast<bool>(found), "it can be read");
  for (const auto& [name, addresses] : found->hosts) {
    require(name == "" || is_word(name), "a name is a word");
    require(!addresses.empty(), "a name in it has an address");
    for (const auto& address : addresses)
      require(io::literal_address(io::to_text(address), 0).has_value(), "an address is digits");
  }
  for (const auto& server : found->servers)
    require(is_word(server), "a server is a word");
  const io::name_channel channel{loop, {found->servers}};
  return 0;
}
