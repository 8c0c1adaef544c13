#pragma once

#include "io/checks/check.hpp"
#include "io/checks/reply_body.hpp"
#include "io/net/answer_headers.hpp"
#include "io/net/content_coding.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::io {

/// What came of one HTTP answer, as far as it matters: 64 KiB of headers, and of the body, freed
/// of its coding, as much as its rules may ask for. No socket.
class http_answer {
public:
  /// Both live longer.
  http_answer(const reply_body& rules, const std::vector<std::string>& wanted_headers);

  /// False: no more of them is taken.
  bool take_header(std::string_view line);
  /// False: that is enough of it, or it cannot be read.
  bool take_body(std::string_view part);
  /// Of a redirect that is followed: nobody waits for it.
  void skip_body() {
    is_enough_ = true;
  }

  bool begun() const {
    return header_bytes_ > 0;
  }
  bool has_too_many_headers() const;
  /// Whether more of the body would change nothing.
  bool is_enough() const {
    return is_enough_;
  }
  const answer_headers& headers() const {
    return headers_;
  }

  /// What is wrong with an answer that has come to its end; none: nothing.
  std::optional<check_outcome> problem() const;
  /// Why no more of the body was taken, if it cannot be read.
  const std::optional<check_outcome>& refused() const {
    return refused_;
  }

  /// Fills in what `evaluate` will ask for.
  void extract(reply& found) const;

private:
  const reply_body* rules_;
  const std::vector<std::string>* wanted_;
  answer_headers headers_;
  std::size_t header_bytes_ = 0;
  std::optional<content_decoder> coding_; ///< none: no body came
  std::string body_;                      ///< without its coding
  std::size_t body_bytes_ = 0;            ///< with it
  bool is_enough_ = false;
  std::optional<check_outcome> refused_;
};

} // namespace reeve::io
