#include "tests/support/places.hpp"

namespace reeve::tests {

std::string source_dir() {
  return REEVE_SOURCE_DIR;
}

std::string binary_dir() {
  return REEVE_BINARY_DIR;
}

} // namespace reeve::tests
