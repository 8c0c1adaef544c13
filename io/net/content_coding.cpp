#include "io/net/content_coding.hpp"

#include <brotli/decode.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <utility>

namespace reeve::io {

namespace {

constexpr std::size_t block = 16 * 1'024;
constexpr std::size_t most_layers = 3;
/// Of what a layer hands to another: something that is nothing but packing must end.
constexpr std::size_t most_between = 4 * 1'024 * 1'024;

/// Told of each piece; false: no more is wanted.
using sink = std::function<bool(std::string_view)>;

} // namespace

class content_decoder::layer {
public:
  virtual ~layer() = default;
  /// False: the bytes are not of this coding.
  virtual bool take(std::string_view bytes, const sink& to) = 0;
  virtual bool complete() const = 0;

  std::size_t made = 0; ///< bytes, for the next layer
};

namespace {

/// gzip, also of several members; zlib; and deflate without either's frame.
class inflating final : public content_decoder::layer {
public:
  explicit inflating(bool gzip) : gzip_{gzip} {
  }
  ~inflating() override {
    if (begun_)
      inflateEnd(&stream_);
  }

  bool take(std::string_view bytes, const sink& to) override {
    if (!begun_) {
      first_ += bytes;
      if (first_.size() < 2)
        return true;
      if (inflateInit2(&stream_, window_bits()) != Z_OK)
        return false;
      begun_ = true;
      return inflate_all(std::exchange(first_, {}), to);
    }
    return inflate_all(bytes, to);
  }

  bool complete() const override {
    return ended_;
  }

private:
  /// "deflate" means zlib's frame; what some servers send has none.
  int window_bits() const {
    if (gzip_)
      return 16 + MAX_WBITS;
    const auto first = static_cast<unsigned char>(first_[0]);
    const auto second = static_cast<unsigned char>(first_[1]);
    const bool framed = (first & 0x0F) == Z_DEFLATED && (first * 256 + second) % 31 == 0;
    return framed ? MAX_WBITS : -MAX_WBITS;
  }

  bool inflate_all(std::string_view bytes, const sink& to) {
    std::array<char, block> part;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    for (;;) {
      if (ended_ && !next_member())
        return true;
      stream_.next_out = reinterpret_cast<Bytef*>(part.data());
      stream_.avail_out = static_cast<uInt>(part.size());
      const int result = inflate(&stream_, Z_NO_FLUSH);
      const auto made = part.size() - stream_.avail_out;
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        return false;
      ended_ = result == Z_STREAM_END;
      if (made > 0 && !to({part.data(), made}))
        return true;
      if (!ended_ && stream_.avail_out > 0)
        return true; // all is taken in
    }
  }

  /// What follows the end is another member, or of no concern.
  bool next_member() {
    if (!gzip_ || stream_.avail_in == 0 || *stream_.next_in != 0x1F)
      return false;
    ended_ = false;
    return inflateReset(&stream_) == Z_OK;
  }

  bool gzip_;
  bool begun_ = false;
  bool ended_ = false;
  std::string first_; ///< until it tells the kind
  z_stream stream_{};
};

class unbrotli final : public content_decoder::layer {
public:
  bool take(std::string_view bytes, const sink& to) override {
    std::array<std::uint8_t, block> part;
    const auto* in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    auto left = bytes.size();
    while (!ended_) {
      auto* out = part.data();
      auto room = part.size();
      const auto result =
        BrotliDecoderDecompressStream(state_.get(), &left, &in, &room, &out, nullptr);
      if (result == BROTLI_DECODER_RESULT_ERROR)
        return false;
      ended_ = result == BROTLI_DECODER_RESULT_SUCCESS;
      const auto made = part.size() - room;
      if (made > 0 && !to({reinterpret_cast<const char*>(part.data()), made}))
        return true;
      if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
        return true;
    }
    return true;
  }

  bool complete() const override {
    return ended_;
  }

private:
  bool ended_ = false;
  std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> state_{
    BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), &BrotliDecoderDestroyInstance};
};

std::unique_ptr<content_decoder::layer> make_layer(const std::string& coding) {
  if (coding == "gzip" || coding == "x-gzip")
    return std::make_unique<inflating>(true);
  if (coding == "deflate")
    return std::make_unique<inflating>(false);
  if (coding == "br")
    return std::make_unique<unbrotli>();
  return nullptr;
}

/// Registered codings that nobody here can take off.
bool is_coding(const std::string& word) {
  static constexpr std::array<std::string_view, 7> known{"zstd", "compress", "x-compress",  "dcb",
                                                         "dcz",  "exi",      "pack200-gzip"};
  return std::find(known.begin(), known.end(), word) != known.end();
}

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words{""};
  for (const char c : list) {
    if (c == ',')
      words.emplace_back();
    else if (c != ' ' && c != '\t')
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return words;
}

} // namespace

content_decoder::content_decoder(std::string_view content_encoding) {
  for (const auto& word : words_of(content_encoding)) {
    auto made = make_layer(word);
    if (!made && !is_coding(word))
      continue;
    name_ += (name_.empty() ? "" : ", ") + word;
    if (!made || layers_.size() == most_layers)
      unreadable_ = made ? name_ : word;
    else
      layers_.insert(layers_.begin(), std::move(made)); // the last that was put on
  }
}

content_decoder::~content_decoder() = default;
content_decoder::content_decoder(content_decoder&&) noexcept = default;
content_decoder& content_decoder::operator=(content_decoder&&) noexcept = default;

bool content_decoder::take(std::string_view bytes, std::string& to, std::size_t most) {
  return to.size() >= most || take(0, bytes, to, most);
}

bool content_decoder::take(std::size_t which, std::string_view bytes, std::string& to,
                           std::size_t most) {
  if (which == layers_.size()) {
    to += bytes.substr(0, most - to.size());
    return true;
  }
  auto& own = *layers_[which];
  bool good = true;
  const bool taken = own.take(bytes, [&](std::string_view part) {
    own.made += part.size();
    const bool last = which + 1 == layers_.size();
    good = take(which + 1, part, to, most) && (last || own.made <= most_between);
    return good && to.size() < most;
  });
  return taken && good;
}

bool content_decoder::complete() const {
  return std::all_of(layers_.begin(), layers_.end(), [](const auto& l) { return l->complete(); });
}

} // namespace reeve::io
