#pragma once

namespace reeve {

/// Whose fault it is that a service failed or could not be started. What is not the service's own
/// is never counted against it.
enum class blame {
  service,
  engine,  ///< its engine ended or does not answer, or there is nothing to act on
  machine, ///< Reeve or its machine ran out of descriptors, processes or memory
};

} // namespace reeve
