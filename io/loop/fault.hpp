#pragma once

#include <string>

namespace reeve::io {

/// Why something could not be had from a peer, and whose fault that is.
struct fault {
  std::string reason; ///< one sentence part
  /// This process or its machine is to blame: that says nothing about the peer.
  bool ours = false;
  /// With `ours`: descriptors, ports or memory ran out, so that less should be tried at once.
  bool exhausted = false;
};

} // namespace reeve::io
