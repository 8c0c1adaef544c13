#pragma once

#include "cli/app.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace reeve::cli {

/// A folder for the files of a test.
class test_folder {
public:
  test_folder() {
    auto name = (std::filesystem::temp_directory_path() / "reeve-cli-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~test_folder() {
    std::filesystem::remove_all(path_);
  }
  test_folder(const test_folder&) = delete;
  test_folder& operator=(const test_folder&) = delete;

  /// Writes a file and returns its path.
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream{path_ / name} << text;
    return path_ / name;
  }
  std::string path(const std::string& name) const {
    return path_ / name;
  }

private:
  std::filesystem::path path_;
};

struct finished_command {
  int code = 0;
  std::string out;
  std::string err;
};

/// Runs a command of `reeve` in this process, from its command line on.
inline finished_command run_app(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "reeve");
  std::vector<char*> words;
  for (auto& a : arguments)
    words.push_back(a.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  finished_command done;
  done.code = app(static_cast<int>(words.size()), words.data());
  done.out = testing::internal::GetCapturedStdout();
  done.err = testing::internal::GetCapturedStderr();
  return done;
}

} // namespace reeve::cli
