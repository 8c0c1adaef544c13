#pragma once

#include "io/loop/fault.hpp"
#include "io/net/http_connection.hpp"
#include "io/net/http_reader.hpp"
#include "io/net/http_request.hpp"
#include "io/net/tls_trust.hpp"
#include "supervisor/specs/check_spec.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace reeve::io {

class lookup;
class loop;
class resolver;
struct resolution;

/// What exchanges share.
struct http_share {
  /// Of those that go over Unix sockets alone.
  explicit http_share(loop& l) : home{l} {
  }
  /// `n` lives longer.
  http_share(loop& l, resolver& n) : home{l}, names{&n} {
  }

  loop& home;
  resolver* names = nullptr;
  tls_trust trust;
};

/// A connection that outlasts its exchanges, for the next one of the same request.
struct kept_connection {
  std::unique_ptr<http_connection> connection; ///< null: none
  tls_trust::context_ptr trust;                ///< under which it was made
  int served = 0;                              ///< exchanges

  void drop() {
    *this = {};
  }
};

/// One request and its answer, over HTTP/1.1: a name is looked up, a connection made (to whichever
/// address accepts first) or taken up again, TLS spoken, redirects followed as browsers do. Loop
/// thread only. Destroying it breaks it off without a word.
class http_exchange final : http_connection::listener, http_listener {
public:
  struct limits {
    std::chrono::milliseconds timeout{0}; ///< for all of it; 0: none
    int runs_per_connection = 1;          ///< then a kept one is made anew
  };

  /// How it ended.
  struct ending {
    std::optional<fault> problem; ///< none: the answer came, or as much of it as was wanted
    int os_error = 0;             ///< of a connection that could not be made or broke; 0: none
    bool in_time = true;          ///< else the problem is that
    std::optional<shown_certificate> certificate; ///< the first to end of all that it met
  };
  using completion = std::function<void(ending)>;

  /// `first` is made of `what`; these, `share` and `who` live longer, and so does `kept`, which is
  /// null unless `first` keeps its connection. `done` is called once, later, and may destroy the
  /// exchange; before it `who` hears of the answer.
  http_exchange(http_share& share, const http_check& what, const http_request& first,
                kept_connection* kept, limits most, http_listener& who, completion done);
  ~http_exchange();
  http_exchange(const http_exchange&) = delete;
  http_exchange& operator=(const http_exchange&) = delete;

private:
  // http_connection::listener
  bool received(std::string_view text) override;
  void closed() override;
  void failed(fault why, int os_error) override;

  // http_listener
  void answer_begins() override;
  void header_came(std::string_view name, std::string_view value) override;
  bool headers_ended(int status) override;
  bool body_came(std::string_view part) override;

  const http_check& what() const {
    return led_to_ ? *led_to_ : what_;
  }
  const http_request& request() const {
    return hop_ ? *hop_ : first_;
  }

  void begin();
  bool take_up();
  void find_host();
  void resolved(resolution r);
  void connect(http_connection::target to);
  void ask();
  bool is_over(http_reader::state s);
  void follow();
  void forget_addresses();
  void too_late();
  fault silence() const;
  void end_later(fault why);
  void end(std::optional<fault> problem = {}, int os_error = 0);

  http_share& share_;
  const http_check& what_;
  const http_request& first_;
  kept_connection* kept_;
  limits most_;
  http_listener& who_;
  completion done_;
  std::uint64_t deadline_ = 0; ///< a timer
  std::uint64_t later_ = 0;    ///< what must not happen inside a call

  std::unique_ptr<const http_check> led_to_; ///< by redirects
  std::optional<http_request> hop_;          ///< the same
  int redirects_ = 0;
  std::string location_;
  bool leads_on_ = false;
  std::optional<shown_certificate> certificate_; ///< of the connections before this one

  std::unique_ptr<lookup> lookup_;
  std::unique_ptr<http_connection> connection_;
  tls_trust::context_ptr trust_;
  bool taken_up_ = false; ///< the connection is one that was kept
  std::optional<http_reader> reader_;
};

} // namespace reeve::io
