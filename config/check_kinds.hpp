#pragma once

#include "config/reader.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace reeve::config {

/// A kind of check as a config file knows it: how its key's value is read, and which
/// keys beside that one are its own.
struct check_kind {
  std::string_view name;
  /// `value` may also be a short form; then `beside` is empty.
  void (*read)(const reader& value, fields& beside, check_spec& into);
  std::vector<std::string_view> options;
  std::vector<std::string_view> schemes; ///< of its short forms; none: it has none
  role in_a_list = role::liveness;       ///< unless it says otherwise
};

/// All of them, in the order in which messages name them.
std::span<const check_kind> check_kinds();

// One per kind, for the table.
void read_http(const reader& value, fields& beside, check_spec& into);
void read_tcp(const reader& value, fields& beside, check_spec& into);
void read_docker(const reader& value, fields& beside, check_spec& into);
void read_exec(const reader& value, fields& beside, check_spec& into);
void read_heartbeat(const reader& value, fields& beside, check_spec& into);
void read_postgres(const reader& value, fields& beside, check_spec& into);
void read_redis(const reader& value, fields& beside, check_spec& into);
void read_dns(const reader& value, fields& beside, check_spec& into);
void read_icmp(const reader& value, fields& beside, check_spec& into);
void read_json(const reader& value, fields& beside, check_spec& into);
void read_push(const reader& value, fields& beside, check_spec& into);

/// `connection: fresh | kept`; returns the reader if it is there.
std::optional<reader> read_connection(fields& from, connection_use& into);

} // namespace reeve::config
