#pragma once

namespace reeve::io {

/// What is wanted of a descriptor, or is there.
struct descriptor_events {
  bool read = false;
  bool write = false;

  bool operator==(const descriptor_events&) const = default;
};

} // namespace reeve::io
