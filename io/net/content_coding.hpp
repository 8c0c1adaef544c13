#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::io {

/// Takes the content codings of an HTTP body off (gzip, deflate, br, one upon another), piece
/// by piece, and never makes more of it than is asked for.
class content_decoder {
public:
  /// Of a Content-Encoding header. What is no coding at all, like `utf-8`, counts for nothing,
  /// as it does for browsers.
  explicit content_decoder(std::string_view content_encoding);
  ~content_decoder();
  content_decoder(content_decoder&&) noexcept;
  content_decoder& operator=(content_decoder&&) noexcept;

  /// The coding that cannot be taken off here, such as `zstd`; empty: all can.
  const std::string& unreadable() const {
    return unreadable_;
  }
  /// The codings, for people: "gzip".
  const std::string& name() const {
    return name_;
  }

  /// Appends what the bytes stand for, until `to` holds `most`. False: they are no such coding.
  /// REQUIRES: all can be taken off.
  bool take(std::string_view bytes, std::string& to, std::size_t most);

  /// Whether all codings came to their end.
  bool complete() const;

  class layer;

private:
  bool take(std::size_t which, std::string_view bytes, std::string& to, std::size_t most);

  std::string unreadable_;
  std::string name_;
  std::vector<std::unique_ptr<layer>> layers_; ///< the outermost first
};

} // namespace reeve::io
