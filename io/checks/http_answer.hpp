#pragma once

#include "io/checks/check.hpp"
#include "io/checks/reply_body.hpp"
#include "io/net/answer_headers.hpp"
#include "io/net/content_coding.hpp"
#include "io/net/http_reader.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::io {

/// What came of one HTTP answer, as far as it matters: the headers that are wanted, and of the
/// body, freed of its coding, as much as its rules may ask for. No socket.
class http_answer final : public http_listener {
public:
  /// Both live longer.
  http_answer(const reply_body& rules, const std::vector<std::string>& wanted_headers);

  void answer_begins() override;
  void header_came(std::string_view name, std::string_view value) override;
  bool headers_ended(int status) override;
  /// False: that is enough of it, or it cannot be read.
  bool body_came(std::string_view part) override;

  /// What is wrong with an answer that has come to its end; none: nothing.
  std::optional<check_outcome> problem() const;
  /// Fills in what `evaluate` will ask for.
  void extract(reply& found) const;

private:
  const reply_body* rules_;
  const std::vector<std::string>* wanted_;
  answer_headers headers_;
  int status_ = 0;
  std::optional<content_decoder> coding_; ///< none: no body came
  std::string body_;                      ///< without its coding
  std::size_t body_bytes_ = 0;            ///< with it
  bool is_enough_ = false;
  std::optional<check_outcome> refused_;
};

} // namespace reeve::io
