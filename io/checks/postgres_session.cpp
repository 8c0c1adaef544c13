#include "io/checks/postgres_session.hpp"

#include "io/checks/postgres_cancel.hpp"
#include "io/checks/postgres_failure.hpp"
#include "io/loop/poll_watch.hpp"

#include <libpq-fe.h>

#include <optional>
#include <utility>

namespace reeve::io {

namespace {

using kind = check_outcome::kind;

constexpr int most_value_bytes = 1'024 * 1'024;

/// PostgreSQL's numbers for name, text, character(n) and character varying.
bool is_text(Oid type) {
  return type == 19 || type == 25 || type == 1042 || type == 1043;
}

struct free_connection {
  void operator()(PGconn* c) const {
    PQfinish(c);
  }
};

struct free_result {
  void operator()(PGresult* r) const {
    PQclear(r);
  }
};

using result_ptr = std::unique_ptr<PGresult, free_result>;

class postgres_session final : public session {
public:
  postgres_session(loop& l, const std::string& query, const std::vector<field_condition>& fields,
                   postgres_parameters p)
      : home_{l}, query_{query}, fields_{fields}, parameters_{std::move(p)} {
  }

  ~postgres_session() override {
    watch_.reset();
    if (asking_)
      cancel_query(PQgetCancel(connection_.get()));
  }

  void ask(std::function<void(session_answer)> done) override;
  bool connected() const override {
    return connected_;
  }

private:
  void connect();
  void go_on_connecting();
  void watch(poll_watch::events wanted);
  void ready(poll_watch::events there);
  void send_query();
  void send_some();
  void receive();
  void take(const PGresult& r);
  void take_value(const char* bytes, int size, bool a_text);
  void complete();
  std::optional<found_value> found(const std::string& field) const;
  void libpq_failed();
  void tell(session_answer a);

  loop& home_;
  const std::string& query_;
  const std::vector<field_condition>& fields_;
  postgres_parameters parameters_;
  std::unique_ptr<PGconn, free_connection> connection_;
  std::optional<poll_watch> watch_; ///< goes before the connection
  bool connected_ = false;
  bool logged_in_ = false;

  // Of the question under way:
  std::function<void(session_answer)> done_;
  bool asking_ = false; ///< the server may be at work
  std::size_t rows_ = 0;
  std::optional<found_value> value_;
  std::optional<std::string> complaint_; ///< the server's, or ours about its answer
};

void postgres_session::ask(std::function<void(session_answer)> done) {
  done_ = std::move(done);
  rows_ = 0;
  value_.reset();
  complaint_.reset();
  if (logged_in_)
    return send_query();
  connect();
}

void postgres_session::connect() {
  std::vector<const char*> words;
  std::vector<const char*> values;
  for (const auto& [word, value] : parameters_) {
    words.push_back(word.c_str());
    values.push_back(value.c_str());
  }
  words.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectStartParams(words.data(), values.data(), 0));
  if (!connection_)
    return tell({{kind::not_run, {}, "out of memory", false, true}});
  PQsetNoticeProcessor(
    connection_.get(), [](void*, const char*) {}, nullptr);
  if (PQstatus(connection_.get()) == CONNECTION_BAD)
    return libpq_failed();
  watch({.write = true});
}

/// libpq may close its socket and open another, even of the same number, in any step.
void postgres_session::go_on_connecting() {
  watch_.reset();
  const auto next = PQconnectPoll(connection_.get());
  const auto status = PQstatus(connection_.get());
  connected_ =
    connected_
    || (status != CONNECTION_BAD && status != CONNECTION_STARTED && status != CONNECTION_NEEDED);
  switch (next) {
  case PGRES_POLLING_READING:
    return watch({.read = true});
  case PGRES_POLLING_WRITING:
    return watch({.write = true});
  case PGRES_POLLING_OK:
    logged_in_ = true;
    PQsetnonblocking(connection_.get(), 1);
    watch({});
    return send_query();
  default:
    return libpq_failed();
  }
}

void postgres_session::watch(poll_watch::events wanted) {
  watch_.emplace(home_, PQsocket(connection_.get()), wanted,
                 [this](poll_watch::events there) { ready(there); });
}

void postgres_session::ready(poll_watch::events there) {
  if (!logged_in_)
    go_on_connecting();
  else if (there.read)
    receive();
  else
    send_some();
}

void postgres_session::send_query() {
  if (PQsendQuery(connection_.get(), query_.c_str()) == 0)
    return libpq_failed();
  asking_ = true;
  PQsetSingleRowMode(connection_.get());
  send_some();
}

void postgres_session::send_some() {
  const int left = PQflush(connection_.get());
  if (left < 0)
    return libpq_failed();
  watch_->want({.read = true, .write = left > 0});
}

void postgres_session::receive() {
  auto* const c = connection_.get();
  if (PQconsumeInput(c) == 0)
    return libpq_failed();
  while (PQisBusy(c) == 0) {
    const result_ptr r{PQgetResult(c)};
    if (!r)
      return complete();
    take(*r);
    const auto status = PQresultStatus(r.get());
    if (status == PGRES_COPY_OUT || status == PGRES_COPY_IN || status == PGRES_COPY_BOTH)
      return tell({{kind::failed, {}, "the query is a COPY, expected one that returns rows"}});
  }
  send_some();
}

void postgres_session::take(const PGresult& r) {
  if (PQresultStatus(&r) == PGRES_SINGLE_TUPLE) {
    if (++rows_ == 1 && PQnfields(&r) > 0 && PQgetisnull(&r, 0, 0) == 0)
      take_value(PQgetvalue(&r, 0, 0), PQgetlength(&r, 0, 0), is_text(PQftype(&r, 0)));
  } else if (PQresultStatus(&r) == PGRES_FATAL_ERROR && !complaint_) {
    const auto* primary = PQresultErrorField(&r, PG_DIAG_MESSAGE_PRIMARY);
    complaint_ = primary != nullptr ? primary : PQresultErrorMessage(&r);
  }
}

void postgres_session::take_value(const char* bytes, int size, bool a_text) {
  if (size > most_value_bytes)
    complaint_ = "the value is larger than 1 MB";
  else
    value_.emplace(std::string(bytes, static_cast<std::size_t>(size)), a_text);
}

void postgres_session::complete() {
  asking_ = false;
  if (PQstatus(connection_.get()) == CONNECTION_BAD)
    return libpq_failed();
  if (complaint_)
    return tell({refused_by_postgres(*complaint_, parameters_["password"])});
  check_outcome outcome;
  for (const auto& condition : fields_)
    outcome.answer.fields.push_back(found(condition.field));
  tell({std::move(outcome)});
}

std::optional<found_value> postgres_session::found(const std::string& field) const {
  if (field == "rows")
    return std::to_string(rows_);
  return field == "value" ? value_ : std::nullopt;
}

void postgres_session::libpq_failed() {
  asking_ = false;
  const auto& secret = parameters_["password"];
  auto outcome = explain_postgres_error(PQerrorMessage(connection_.get()), secret);
  // What a server says before it closes explains more than that it closed.
  if (complaint_)
    outcome = refused_by_postgres(*complaint_, secret);
  const bool theirs = outcome.what == kind::failed;
  tell({std::move(outcome), theirs});
}

void postgres_session::tell(session_answer a) {
  if (watch_)
    watch_->want({});
  // Last: it may destroy this.
  std::exchange(done_, nullptr)(std::move(a));
}

} // namespace

std::unique_ptr<session> make_postgres_session(loop& l, const std::string& query,
                                               const std::vector<field_condition>& fields,
                                               postgres_parameters p) {
  return std::make_unique<postgres_session>(l, query, fields, std::move(p));
}

} // namespace reeve::io
