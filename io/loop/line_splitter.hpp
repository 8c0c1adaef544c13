#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace reeve::io {

/// Makes lines of a stream that comes in arbitrary pieces. Holds back less than
/// `longest` bytes: a longer line is given in parts of that size.
class line_splitter {
public:
  explicit line_splitter(std::size_t longest) : longest_{longest} {
  }

  template <class Give>
  void feed(std::string_view text, Give&& give) {
    while (!text.empty()) {
      const auto end = text.find('\n');
      const auto part = text.substr(0, std::min(end, longest_ - held_.size()));
      text.remove_prefix(part.size());
      held_ += part;
      if (!text.empty() && text.front() == '\n') {
        text.remove_prefix(1);
        give_line(give);
      } else if (held_.size() == longest_) {
        give(std::string_view{held_});
        held_.clear();
        continued_ = true;
      }
    }
  }

  /// What came after the last newline, if anything.
  template <class Give>
  void finish(Give&& give) {
    if (!held_.empty()) {
      give(std::string_view{held_});
    }
    held_.clear();
    continued_ = false;
  }

private:
  template <class Give>
  void give_line(Give& give) {
    if (!held_.empty() || !continued_) { // the end of a line given in parts is no empty line
      give(std::string_view{held_});
    }
    held_.clear();
    continued_ = false;
  }

  std::size_t longest_;
  std::string held_;
  bool continued_ = false;
};

} // namespace reeve::io
