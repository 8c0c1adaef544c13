#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace reeve::io::test {

/// What is put around a deflated text.
enum class frame : int { gzip = 16 + MAX_WBITS, zlib = MAX_WBITS, none = -MAX_WBITS };

inline std::string deflated(std::string_view text, frame around = frame::gzip) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, static_cast<int>(around), 8,
               Z_DEFAULT_STRATEGY);
  std::string made(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(made.data());
  stream.avail_out = static_cast<uInt>(made.size());
  deflate(&stream, Z_FINISH);
  made.resize(stream.total_out);
  deflateEnd(&stream);
  return made;
}

/// `{"status": "ok"}`
inline std::string brotli_of_ok() {
  return {"\x8b\x07\x80\x7b\x22\x73\x74\x61\x74\x75\x73\x22\x3a\x20\x22\x6f\x6b\x22\x7d\x03", 20};
}

} // namespace reeve::io::test
