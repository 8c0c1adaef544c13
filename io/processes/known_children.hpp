#pragma once

/// The child processes somebody in this room waits for, so that the reaper of
/// orphans leaves them alone. Loop thread only: register right after the spawn, in
/// the same turn, and take out once it has been waited for.
namespace reeve::io::known_children {

void add(int pid);
void remove(int pid);
bool contains(int pid);

} // namespace reeve::io::known_children
