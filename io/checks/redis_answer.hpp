#pragma once

#include "io/checks/check.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;
struct redisReply;

namespace reeve::io {

/// What Redis says to one question of ours, read from bytes in any pieces: a reply to each
/// greeting (AUTH, SELECT), one to PING and, if fields are wanted, one to INFO.
class redis_answer {
public:
  /// Both live longer; the secret is kept out of what is told.
  redis_answer(int greetings, const std::vector<field_condition>& fields,
               const std::string& secret);
  ~redis_answer();

  /// The outcome, once all is there or something is wrong; then this is done.
  std::optional<check_outcome> take(std::string_view bytes);

  /// Whether anything came.
  bool begun() const {
    return size_ > 0;
  }

private:
  struct free_reader {
    void operator()(redisReader* r) const;
  };

  std::optional<check_outcome> take(const redisReply& r);
  bool next_is_no_reply() const;

  const std::vector<field_condition>& fields_;
  const std::string& secret_;
  std::unique_ptr<redisReader, free_reader> reader_;
  std::size_t size_ = 0;
  int greetings_due_;
  bool ponged_ = false; ///< PING was answered
};

} // namespace reeve::io
