#pragma once

/// The child processes somebody in this room waits for, so that the reaper of
/// orphans leaves them alone. Loop thread only: register right after the spawn, in
/// the same turn, and take out once it has been waited for.
namespace reeve::io::known_children {

void add(int pid);
void remove(int pid);
bool contains(int pid);

/// SIGKILL to the process groups of all of them. For the very end, where what they
/// belong to is not taken down in order: a command of a check would live on.
void kill_groups();

} // namespace reeve::io::known_children
