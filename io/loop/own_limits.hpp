#pragma once

#include "io/loop/fault.hpp"

#include <optional>

namespace reeve::io {

// What runs out here says nothing about a service. All of these are cheap enough to be
// asked for each check; any thread.

/// If `os_error` (an errno) says that something of this process or machine ran out: `exhausted`,
/// with what it was and what to do.
std::optional<fault> ran_out(int os_error);

/// 0 if a check may open a descriptor for itself; else EMFILE: those that are left are
/// for Reeve's own HTTP server, for restarts and for reading files.
int spare_descriptor_error();
/// The same of one that was just opened, which is the lowest that was free.
int spare_descriptor_error(int opened);

/// Not one is left. Libraries tell that in many ways.
bool out_of_descriptors();

/// For a connection attempt that nobody answered in time: ours if the machine's table of
/// connections is full, for then it drops what would begin another one; else none.
std::optional<fault> dropped_here();

} // namespace reeve::io
