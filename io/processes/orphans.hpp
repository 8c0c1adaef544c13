#pragma once

namespace reeve::io {

class loop;

/// Takes in grandchildren whose launcher is gone, and reaps what ends up with us (as
/// subreaper, or as PID 1), but never a child that somebody here waits for (see
/// io/known_children.hpp). Once; holds until the loop is gone.
void reap_orphans(loop& l);

/// Kills what the launcher `pid`, which was killed itself, left behind, and waits 100 ms at
/// most for it to be gone: of our children those that nobody waits for and that began after
/// that launcher. REQUIRES: nobody has waited for `pid`.
void end_orphans_of(int pid);

} // namespace reeve::io
