#pragma once

#include "config/problems.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace reeve::config {

struct node;
/// Aliases share what their anchor made; nodes are never changed once made.
using node_ptr = std::shared_ptr<const node>;

/// One value of a YAML file and where it stands.
struct node {
  enum class kind { null, scalar, list, map };

  struct entry {
    std::string key;
    mark at; ///< of the key
    node_ptr value;
  };

  kind what = kind::null;
  mark at;
  std::string text;            ///< of a scalar, as written
  std::vector<node_ptr> items; ///< of a list
  std::vector<entry> entries;  ///< of a map, in file order; keys are unique

  std::size_t values = 1; ///< it and everything in it, aliases followed
  std::size_t depth = 1;  ///< levels, aliases followed
};

} // namespace reeve::config
