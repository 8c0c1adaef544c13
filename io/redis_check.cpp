#include "io/redis_check.hpp"

#include "io/client_socket.hpp"
#include "io/http_failure.hpp"
#include "io/loop.hpp"
#include "io/poll_watch.hpp"
#include "io/redis_failure.hpp"
#include "io/session_check.hpp"

#include <errno.h>
#include <hiredis/hiredis.h>

#include <array>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve::io {

namespace {

using kind = check_outcome::kind;

constexpr std::size_t most_answer_bytes = 1'024 * 1'024;

struct free_reader {
  void operator()(redisReader* r) const {
    redisReaderFree(r);
  }
};

struct free_reply {
  void operator()(redisReply* r) const {
    freeReplyObject(r);
  }
};

using reply_ptr = std::unique_ptr<redisReply, free_reply>;

void append_command(std::string& to, std::initializer_list<std::string_view> words) {
  to += "*" + std::to_string(words.size()) + "\r\n";
  for (const auto word : words)
    to.append("$" + std::to_string(word.size()) + "\r\n").append(word).append("\r\n");
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

class redis_session final : public session {
public:
  /// `what` and `fields` live longer.
  redis_session(loop& l, const redis_check& what, const std::vector<field_condition>& fields,
                const sockaddr_storage* where, const std::string& password)
      : home_{l}, what_{what}, fields_{fields}, password_{password},
        address_{where != nullptr ? *where : *unix_address(what.unix_socket)} {
  }

  void ask(std::function<void(session_answer)> done) override;
  bool connected() const override {
    return connected_;
  }

private:
  void connect();
  void append_greeting();
  bool still_silent() const;
  void ready(poll_watch::events there);
  void connecting_ended();
  void send_some();
  void receive();
  bool take_replies();
  bool take(const redisReply& r);
  void could_not_connect(int error);
  void lost(int error);
  void failed(std::string why);
  void tell(session_answer a);

  loop& home_;
  const redis_check& what_;
  const std::vector<field_condition>& fields_;
  std::string password_;
  sockaddr_storage address_;
  descriptor socket_;
  std::optional<poll_watch> watch_; ///< goes before the socket
  bool connected_ = false;

  // Of the question under way:
  std::function<void(session_answer)> done_;
  std::string unsent_;
  std::unique_ptr<redisReader, free_reader> reader_;
  std::size_t received_ = 0;
  int greetings_due_ = 0; ///< replies to AUTH and SELECT
  bool ponged_ = false;   ///< PING was answered
  check_outcome outcome_;
};

void redis_session::ask(std::function<void(session_answer)> done) {
  done_ = std::move(done);
  unsent_.clear();
  received_ = 0;
  ponged_ = false;
  outcome_ = {};
  reader_.reset(redisReaderCreate());
  const bool kept = connected_;
  if (!kept)
    append_greeting();
  append_command(unsent_, {"PING"});
  if (!fields_.empty())
    append_command(unsent_, {"INFO"});
  if (!kept)
    return connect();
  if (!still_silent())
    return lost(0);
  send_some();
}

void redis_session::append_greeting() {
  if (!password_.empty()) {
    ++greetings_due_;
    if (what_.user.empty())
      append_command(unsent_, {"AUTH", password_});
    else
      append_command(unsent_, {"AUTH", what_.user, password_});
  }
  if (what_.database != 0) {
    ++greetings_due_;
    append_command(unsent_, {"SELECT", std::to_string(what_.database)});
  }
}

void redis_session::connect() {
  int error = 0;
  socket_ = begin_connecting(address_, error);
  if (!socket_)
    return could_not_connect(error);
  watch_.emplace(home_, socket_.get(), poll_watch::events{.write = true},
                 [this](poll_watch::events there) { ready(there); });
}

/// Whether a kept connection is as it was left: not closed, and with nothing in it that
/// would be taken for an answer.
bool redis_session::still_silent() const {
  char c = 0;
  return recv(socket_.get(), &c, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

void redis_session::ready(poll_watch::events there) {
  if (!connected_)
    connecting_ended();
  else if (there.read)
    receive(); // the answer may come before all is sent: a refusal
  else
    send_some();
}

void redis_session::connecting_ended() {
  if (const int error = connect_error(socket_.get()); error != 0)
    return could_not_connect(error);
  connected_ = true;
  send_some();
}

void redis_session::send_some() {
  const auto n = send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  // What a server said before it closed is still there to be read.
  if (n < 0 && errno != EAGAIN)
    return receive();
  unsent_.erase(0, n > 0 ? static_cast<std::size_t>(n) : 0);
  watch_->want({.read = true, .write = !unsent_.empty()});
}

void redis_session::receive() {
  std::array<char, 16'384> buffer;
  for (;;) {
    const auto n = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EAGAIN)
      return watch_->want({.read = true, .write = !unsent_.empty()});
    if (n <= 0)
      return lost(n < 0 ? errno : 0);
    received_ += static_cast<std::size_t>(n);
    if (received_ > most_answer_bytes)
      return failed("the answer is larger than 1 MB");
    redisReaderFeed(reader_.get(), buffer.data(), static_cast<std::size_t>(n));
    if (take_replies())
      return;
  }
}

/// True: told, and maybe destroyed.
bool redis_session::take_replies() {
  for (;;) {
    // Only these are due, and an array may claim any size. -1: between replies.
    const auto& r = *reader_;
    if (r.ridx == -1 && r.pos < r.len
        && std::string_view{"+-:$"}.find(r.buf[r.pos]) == std::string_view::npos) {
      failed("the answer is not Redis'");
      return true;
    }
    void* taken = nullptr;
    if (redisReaderGetReply(reader_.get(), &taken) != REDIS_OK) {
      failed("the answer is not Redis'");
      return true;
    }
    if (taken == nullptr)
      return false;
    if (take(*reply_ptr{static_cast<redisReply*>(taken)}))
      return true;
  }
}

/// True: told, and maybe destroyed.
bool redis_session::take(const redisReply& r) {
  const bool has_text =
    r.type == REDIS_REPLY_STATUS || r.type == REDIS_REPLY_STRING || r.type == REDIS_REPLY_ERROR;
  const auto text = has_text ? std::string{r.str, static_cast<std::size_t>(r.len)} : "";
  if (r.type == REDIS_REPLY_ERROR) {
    failed(explain_redis_error(text, password_));
    return true;
  }
  if (greetings_due_ > 0) {
    --greetings_due_;
    return false;
  }
  if (!ponged_ && text != "PONG") {
    failed("the answer to PING is '" + one_sentence(text, password_) + "', not 'PONG'");
    return true;
  }
  if (!std::exchange(ponged_, true) && !fields_.empty())
    return false;
  for (const auto& condition : fields_)
    outcome_.answer.fields.push_back(info_field(text, condition.field));
  tell({std::move(outcome_)});
  return true;
}

void redis_session::could_not_connect(int error) {
  if (error == ENOENT)
    return tell({{kind::failed, {}, "there is no socket '" + what_.unix_socket + "'"}, true});
  if (error == EAGAIN) // only of unix sockets
    return tell({{kind::failed, {}, "could not connect: too many wait to be accepted"}, true});
  auto outcome = explain_connect_error(error);
  const bool theirs = outcome.what == kind::failed;
  tell({std::move(outcome), theirs});
}

void redis_session::lost(int error) {
  const bool early = received_ == 0;
  std::string how = "connection closed";
  if (error == ECONNRESET || error == EPIPE)
    how = "connection reset";
  else if (error != 0)
    return could_not_connect(error);
  tell({{kind::failed, {}, how + (early ? " without an answer" : " in the middle of the answer")},
        true});
}

void redis_session::failed(std::string why) {
  tell({{kind::failed, {}, std::move(why)}});
}

void redis_session::tell(session_answer a) {
  if (watch_)
    watch_->want({});
  reader_.reset();
  // Last: it may destroy this.
  std::exchange(done_, nullptr)(std::move(a));
}

} // namespace

std::unique_ptr<check> make_redis_check(loop& l, resolver& names, const check_spec& spec) {
  const auto& what = std::get<redis_check>(spec.target);
  session_plan plan;
  plan.timeout = spec.timeout;
  plan.connection = what.connection;
  plan.password_file = what.password_file;
  if (what.unix_socket.empty()) {
    plan.host = what.host;
    plan.port = what.port;
  } else if (!unix_address(what.unix_socket)) {
    plan.unusable = "cannot connect to '" + what.unix_socket + "': the path is too long";
  }
  plan.open = [&l, what, fields = spec.expect.fields](const sockaddr_storage* where,
                                                      const std::string& password) {
    return std::make_unique<redis_session>(l, what, fields, where,
                                           password.empty() ? what.password : password);
  };
  return make_session_check(l, names, std::move(plan));
}

} // namespace reeve::io
