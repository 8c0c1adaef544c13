#include "io/net/http_exchange.hpp"

#include "io/loop/loop.hpp"
#include "io/loop/own_limits.hpp"
#include "io/names/name_files.hpp"
#include "io/names/resolver.hpp"
#include "io/net/answer_headers.hpp"
#include "io/net/client_socket.hpp"
#include "io/net/connect_failure.hpp"
#include "io/net/redirect.hpp"
#include "supervisor/text.hpp"

#include <errno.h>

#include <utility>

namespace reeve::io {

namespace {

using std::chrono::milliseconds;
using certificate = std::optional<shown_certificate>;

const certificate& earlier(const certificate& a, const certificate& b) {
  return !a || (b && b->ends < a->ends) ? b : a;
}

} // namespace

http_exchange::http_exchange(http_share& share, const http_check& what, const http_request& first,
                             kept_connection* kept, limits most, http_listener& who,
                             completion done)
    : share_{share}, what_{what}, first_{first}, kept_{kept}, most_{most}, who_{who}, done_{
                                                                                        std::move(
                                                                                          done)} {
  if (most_.timeout.count() > 0)
    deadline_ = share_.home.call_after(most_.timeout, [this] { too_late(); });
  begin();
}

http_exchange::~http_exchange() {
  share_.home.cancel(deadline_);
  share_.home.cancel(later_);
}

void http_exchange::begin() {
  if (request().host.empty())
    return end_later({.reason = "the URL is malformed", .ours = true});
  if (request().by_tls) {
    auto context = share_.trust.context(what().tls);
    if (!context)
      return end_later(out_of_descriptors() ? *ran_out(EMFILE)
                                            : fault{.reason = context.sentence(), .ours = true});
    trust_ = *context;
  }
  if (take_up())
    return ask();
  if (what().unix_socket.empty())
    return find_host();
  const auto address = unix_address(what().unix_socket);
  if (!address)
    return end_later(explain_socket_error(ENAMETOOLONG, what().unix_socket));
  connect({{*address}, what().unix_socket});
}

/// A kept connection, if it is still good.
bool http_exchange::take_up() {
  if (kept_ == nullptr || !kept_->connection)
    return false;
  if (kept_->trust != trust_ || !kept_->connection->is_silent()) {
    kept_->drop();
    return false;
  }
  connection_ = std::move(kept_->connection);
  taken_up_ = true;
  return true;
}

void http_exchange::find_host() {
  const auto& to = request();
  if (const auto literal = literal_address(to.host, to.port))
    return connect({{*literal}, {}});
  lookup_ = std::make_unique<lookup>(*share_.names, to.host, to.port,
                                     [this](resolution r) { resolved(std::move(r)); });
}

void http_exchange::resolved(resolution r) {
  const auto ended = std::move(lookup_);
  if (r.what == resolution::kind::found)
    return connect({std::move(r.addresses), {}});
  auto why = explain(std::move(r));
  if (redirects_ > 0 && !why.exhausted)
    why.reason += ", where it was redirected to";
  end(std::move(why));
}

void http_exchange::connect(http_connection::target to) {
  std::unique_ptr<tls_stream> tls;
  if (request().by_tls) {
    const auto& name = what().tls.server_name;
    auto made = tls_stream::make(share_.trust, what().tls, name.empty() ? request().host : name);
    if (!made)
      return end_later({.reason = made.sentence(), .ours = true});
    tls = std::move(*made);
    tls->offer("http/1.1");
  }
  taken_up_ = false;
  connection_ = std::make_unique<http_connection>(share_.home, to, std::move(tls),
                                                  static_cast<http_connection::listener&>(*this));
  ask();
}

void http_exchange::ask() {
  reader_.emplace(static_cast<http_listener&>(*this), request().is_head);
  connection_->ask(request().text, *this);
}

// -- what comes ---------------------------------------------------------------------

bool http_exchange::received(std::string_view text) {
  return !is_over(reader_->take(text));
}

void http_exchange::closed() {
  if (taken_up_ && !reader_->has_begun()) { // it was closed before the question came
    connection_.reset();
    if (kept_ != nullptr)
      kept_->drop();
    return begin();
  }
  is_over(reader_->end());
}

/// True: this may be gone.
bool http_exchange::is_over(http_reader::state s) {
  using state = http_reader::state;
  if (s == state::reading)
    return false;
  if (s == state::broken)
    end(fault{.reason = reader_->problem()});
  else if (leads_on_)
    follow();
  else
    end();
  return true;
}

void http_exchange::failed(fault why, int os_error) {
  if (taken_up_ && !reader_->has_begun())
    return closed();
  if (!connection_->is_connected())
    forget_addresses();
  end(std::move(why), os_error);
}

void http_exchange::answer_begins() {
  location_.clear();
  who_.answer_begins();
}

void http_exchange::header_came(std::string_view name, std::string_view value) {
  if (what_.max_redirects > 0 && location_.empty() && same_header(name, "location"))
    location_ = value;
  who_.header_came(name, value);
}

/// Nobody waits for the body of a redirect that is followed.
bool http_exchange::headers_ended(int status) {
  leads_on_ = what_.max_redirects > 0 && is_redirect(status) && !location_.empty();
  return !leads_on_ && who_.headers_ended(status);
}

bool http_exchange::body_came(std::string_view part) {
  return who_.body_came(part);
}

void http_exchange::follow() {
  if (redirects_ == what_.max_redirects)
    return end(fault{.reason = "more than " + std::to_string(redirects_) + " redirects"});
  auto next = redirected(what(), reader_->status(), location_);
  if (!next)
    return end(fault{.reason = "redirected to something that is " + next.sentence()});
  const auto ended = std::move(connection_);
  certificate_ = earlier(certificate_, ended->certificate());
  ++redirects_;
  leads_on_ = false;
  hop_.reset();
  led_to_ = std::make_unique<const http_check>(std::move(*next));
  hop_.emplace(*led_to_);
  begin();
}

/// They may be others by now.
void http_exchange::forget_addresses() {
  if (share_.names != nullptr)
    share_.names->forget(request().host);
}

// -- the end ------------------------------------------------------------------------

void http_exchange::too_late() {
  deadline_ = 0;
  if (connection_ && !connection_->is_connected())
    forget_addresses();
  auto why = silence();
  const auto done = std::move(done_);
  ending how{.problem = std::move(why), .in_time = false};
  connection_.reset();
  if (kept_ != nullptr)
    kept_->drop();
  done(std::move(how));
}

fault http_exchange::silence() const {
  const auto within = " within " + describe(most_.timeout);
  if (lookup_)
    return {.reason = "could not resolve host '" + request().host + "'" + within, .ours = true};
  if (!connection_ || !connection_->is_secured())
    return connection_ ? connection_->too_late(most_.timeout)
                       : fault{.reason = "could not connect" + within};
  return {.reason = (reader_->has_begun() ? "the answer was not complete" : "no answer") + within};
}

void http_exchange::end_later(fault why) {
  later_ = share_.home.call_after(milliseconds{0}, [this, why = std::move(why)] { end(why); });
}

void http_exchange::end(std::optional<fault> problem, int os_error) {
  ending how{.problem = std::move(problem), .os_error = os_error, .certificate = certificate_};
  if (connection_)
    how.certificate = earlier(certificate_, connection_->certificate());
  const bool whole = !how.problem && reader_ && reader_->keeps_connection();
  if (kept_ != nullptr && whole && request().keeps_connection
      && kept_->served + 1 < most_.runs_per_connection) {
    connection_->rest();
    *kept_ = {std::move(connection_), trust_, kept_->served + 1};
  } else if (kept_ != nullptr) {
    kept_->drop();
  }
  connection_.reset();
  const auto done = std::move(done_);
  done(std::move(how)); // last: it may destroy this
}

} // namespace reeve::io
