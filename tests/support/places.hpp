#pragma once

#include <string>

namespace reeve::tests {

std::string source_dir(); ///< of the project
std::string binary_dir(); ///< where the executables are

} // namespace reeve::tests
