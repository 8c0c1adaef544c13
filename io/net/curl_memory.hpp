#pragma once

namespace reeve::io {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool keeps_curl_memory = false;
#elif defined(__has_feature)
constexpr bool keeps_curl_memory = !__has_feature(address_sanitizer);
#else
constexpr bool keeps_curl_memory = true;
#endif

/// Sets libcurl up, with memory of its own: what a transfer gives back is kept for the next,
/// about 64 KiB of each size of block. The common heap mixes it with what lives until the
/// next check, and each transfer would meet other, cold memory. To be called on each thread
/// that runs transfers, before anything else of libcurl is; other threads' calls of libcurl
/// use the common heap. What is kept goes with its thread.
///
/// Under AddressSanitizer nothing is kept, for it could not see then what libcurl does with
/// memory that it gave back.
void set_up_curl();

} // namespace reeve::io
