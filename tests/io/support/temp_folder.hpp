#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace reeve::io::test {

/// A folder of its own, gone with its owner.
class temp_folder {
public:
  temp_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "reeve-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
    std::filesystem::permissions(path_,
                                 std::filesystem::perms{0755}); // nginx's workers change user
  }
  ~temp_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temp_folder(const temp_folder&) = delete;
  temp_folder& operator=(const temp_folder&) = delete;

  std::string operator/(std::string_view name) const {
    return path_ + "/" + std::string{name};
  }
  const std::string& path() const {
    return path_;
  }

  /// Writes a file and tells its path.
  std::string file(std::string_view name, std::string_view content) const {
    const auto path = *this / name;
    std::ofstream{path, std::ios::binary} << content;
    return path;
  }

private:
  std::string path_;
};

inline std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path, std::ios::binary}.rdbuf();
  return text.str();
}

} // namespace reeve::io::test
