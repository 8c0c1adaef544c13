#include "io/checks/redis_check.hpp"

#include "io/checks/redis_answer.hpp"
#include "io/checks/session_check.hpp"
#include "io/loop/loop.hpp"
#include "io/loop/poll_watch.hpp"
#include "io/net/client_socket.hpp"
#include "io/net/connect_failure.hpp"

#include <errno.h>

#include <array>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve::io {

namespace {

using kind = check_outcome::kind;

void append_command(std::string& to, std::initializer_list<std::string_view> words) {
  to += "*" + std::to_string(words.size()) + "\r\n";
  for (const auto word : words)
    to.append("$" + std::to_string(word.size()) + "\r\n").append(word).append("\r\n");
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
  int append_greeting();
  bool still_silent() const;
  void ready(poll_watch::events there);
  void connecting_ended();
  void send_some();
  void receive();
  void could_not_connect(int error);
  void lost(int error);
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
  std::optional<redis_answer> answer_;
};

void redis_session::ask(std::function<void(session_answer)> done) {
  done_ = std::move(done);
  unsent_.clear();
  const bool kept = connected_;
  answer_.emplace(kept ? 0 : append_greeting(), fields_, password_);
  append_command(unsent_, {"PING"});
  if (!fields_.empty())
    append_command(unsent_, {"INFO"});
  if (!kept)
    return connect();
  if (!still_silent())
    return lost(0);
  send_some();
}

/// How many commands these are.
int redis_session::append_greeting() {
  int commands = 0;
  if (!password_.empty()) {
    ++commands;
    if (what_.user.empty())
      append_command(unsent_, {"AUTH", password_});
    else
      append_command(unsent_, {"AUTH", what_.user, password_});
  }
  if (what_.database != 0) {
    ++commands;
    append_command(unsent_, {"SELECT", std::to_string(what_.database)});
  }
  return commands;
}

void redis_session::connect() {
  auto begun = begin_connecting(address_);
  if (!begun.socket)
    return could_not_connect(begun.error);
  socket_ = std::move(begun.socket);
  keep_alive(socket_.get());
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
    if (auto outcome = answer_->take({buffer.data(), static_cast<std::size_t>(n)}))
      return tell({std::move(*outcome)});
  }
}

void redis_session::could_not_connect(int error) {
  if (error == ENOENT)
    return tell({{kind::failed, {}, "there is no socket '" + what_.unix_socket + "'"}, true});
  if (error == EAGAIN) // only of unix sockets
    return tell({{kind::failed, {}, "could not connect: too many wait to be accepted"}, true});
  auto why = explain_connect_error(error);
  const bool theirs = !why.ours;
  tell({outcome_of(std::move(why)), theirs});
}

void redis_session::lost(int error) {
  const bool early = !answer_->begun();
  std::string how = "connection closed";
  if (error == ECONNRESET || error == EPIPE)
    how = "connection reset";
  else if (error != 0)
    return could_not_connect(error);
  tell({{kind::failed, {}, how + (early ? " without an answer" : " in the middle of the answer")},
        true});
}

void redis_session::tell(session_answer a) {
  if (watch_)
    watch_->want({});
  answer_.reset();
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
