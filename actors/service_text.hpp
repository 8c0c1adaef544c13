#pragma once

#include "actors/series.hpp"
#include "supervisor/time.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace reeve::actors {

/// One family's name and its whole text, for sorting.
using family_text = std::pair<std::string, std::string>;

/// Writes the families that have samples per service, which are many: 25 times
/// cheaper than through a registry. Service by service, so that it can be done in
/// parts.
class service_text {
public:
  /// `prefix` is put before every name: `reeve` -> `reeve_service_up`.
  explicit service_text(const std::string& prefix);

  void add(const service_series& s, mono_time now);

  /// Families without samples are left out. Ends the writing.
  std::vector<family_text> take();

private:
  void add(const check_series& s);

  struct family {
    std::string name;
    std::string header;
    std::string samples;
  };
  std::vector<family> families_;
};

/// `# HELP` and `# TYPE`.
std::string family_header(const std::string& name, const std::string& type,
                          const std::string& help);

/// All families in the order of their names.
std::string joined_text(std::vector<family_text> families);

} // namespace reeve::actors
