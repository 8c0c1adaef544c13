#include "io/checks/redis_answer.hpp"

#include "io/checks/redis_failure.hpp"
#include "io/checks/session_check.hpp"

#include <hiredis/hiredis.h>

#include <utility>

namespace reeve::io {

namespace {

using kind = check_outcome::kind;

constexpr std::size_t most_bytes = 1'024 * 1'024;

struct free_reply {
  void operator()(redisReply* r) const {
    freeReplyObject(r);
  }
};

using reply_ptr = std::unique_ptr<redisReply, free_reply>;

check_outcome failed(std::string why) {
  return {kind::failed, {}, std::move(why)};
}

/// `name:value` on a line of its own.
std::optional<std::string> info_field(std::string_view info, const std::string& name) {
  const auto wanted = "\n" + name + ":";
  const auto found = info.find(wanted);
  if (found == std::string_view::npos)
    return std::nullopt;
  const auto value = info.substr(found + wanted.size());
  return std::string{value.substr(0, value.find_first_of("\r\n"))};
}

} // namespace

void redis_answer::free_reader::operator()(redisReader* r) const {
  redisReaderFree(r);
}

redis_answer::redis_answer(int greetings, const std::vector<field_condition>& fields,
                           const std::string& secret)
    : fields_{fields}, secret_{secret}, reader_{redisReaderCreate()}, greetings_due_{greetings} {
}

redis_answer::~redis_answer() = default;

std::optional<check_outcome> redis_answer::take(std::string_view bytes) {
  size_ += bytes.size();
  if (size_ > most_bytes)
    return failed("the answer is larger than 1 MB");
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
  // Without a byte to begin with, hiredis would take itself to be in the middle of a reply.
  while (reader_->pos < reader_->len) {
    void* taken = nullptr;
    if (next_is_no_reply() || redisReaderGetReply(reader_.get(), &taken) != REDIS_OK)
      return failed("the answer is not Redis'");
    if (taken == nullptr)
      return std::nullopt;
    if (auto outcome = take(*reply_ptr{static_cast<redisReply*>(taken)}))
      return outcome;
  }
  return std::nullopt;
}

/// Only these are due, and an array may claim any size. -1: between replies.
bool redis_answer::next_is_no_reply() const {
  const auto& r = *reader_;
  return r.ridx == -1 && std::string_view{"+-:$"}.find(r.buf[r.pos]) == std::string_view::npos;
}

std::optional<check_outcome> redis_answer::take(const redisReply& r) {
  const bool has_text =
    r.type == REDIS_REPLY_STATUS || r.type == REDIS_REPLY_STRING || r.type == REDIS_REPLY_ERROR;
  const auto text = has_text ? std::string{r.str, static_cast<std::size_t>(r.len)} : "";
  if (r.type == REDIS_REPLY_ERROR)
    return failed(explain_redis_error(text, secret_));
  if (greetings_due_ > 0) {
    --greetings_due_;
    return std::nullopt;
  }
  if (!ponged_ && text != "PONG")
    return failed("the answer to PING is '" + one_sentence(text, secret_) + "', not 'PONG'");
  if (!std::exchange(ponged_, true) && !fields_.empty())
    return std::nullopt;
  check_outcome outcome;
  for (const auto& condition : fields_)
    outcome.answer.fields.push_back(info_field(text, condition.field));
  return outcome;
}

} // namespace reeve::io
