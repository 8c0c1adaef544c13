#pragma once

namespace reeve::io {

/// Gives back the memory that only starting up needed: free heap, and code of the program and its
/// libraries that has run (reading YAML, setting up libraries). Code that runs again is mapped
/// again from the page cache. Any thread.
void release_startup_memory();

} // namespace reeve::io
