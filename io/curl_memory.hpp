#pragma once

namespace reeve::io {

/// Sets libcurl up, with memory of its own: what a transfer gives back is kept for the next.
/// The common heap mixes it with what lives until the next check, and each transfer would
/// meet other, cold memory. To be called on the thread that runs transfers, before them;
/// other threads' calls of libcurl use the common heap.
void set_up_curl();

} // namespace reeve::io
