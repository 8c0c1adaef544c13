#pragma once

#include "http/front/limits.hpp"
#include "supervisor/time.hpp"

#include <array>
#include <cstddef>
#include <list>
#include <optional>

namespace reeve::http {

class connection;

/// What a connection is at. Each has its deadline, but for `streaming`.
enum class phase {
  idle,      ///< between requests
  reading,   ///< a request has begun
  answering, ///< its answer is awaited
  writing,   ///< the client has not taken the answer yet
  streaming,
  lingering, ///< all said: waits for the client to hang up, so that it reads the answer
};

/// Every connection's place: one list per phase, oldest first, so that deadlines
/// and the choice of a victim cost nothing however many there are.
class roster {
public:
  explicit roster(const front_limits& limits) : limits_{limits} {
  }

  struct entry {
    connection* who = nullptr;
    phase at = phase::idle;
    mono_time since;
  };
  using place = std::list<entry>::iterator;

  place add(connection& c, mono_time now);
  void move(place p, phase to, mono_time now);
  void remove(place p);

  std::size_t size() const {
    return size_;
  }

  /// Who has been idle or sending its request longest; else who is slowest to take
  /// its answer; null if nobody is any of it.
  connection* most_dispensable() const;
  /// Who has been writing longest; null if nobody is.
  connection* slowest_reader() const;
  /// Who is beyond its deadline; null if nobody is.
  connection* overdue(mono_time now) const;
  /// When `overdue` is next worth asking.
  std::optional<mono_time> next_deadline() const;
  /// Anybody; null if empty.
  connection* anybody() const;

private:
  std::list<entry>& list_of(phase p) {
    return lists_[static_cast<std::size_t>(p)];
  }
  const std::list<entry>& list_of(phase p) const {
    return lists_[static_cast<std::size_t>(p)];
  }
  std::optional<mono_time> deadline_of(const std::list<entry>& list) const;

  const front_limits& limits_;
  std::array<std::list<entry>, 6> lists_;
  std::size_t size_ = 0;
};

} // namespace reeve::http
