#pragma once

#include "supervisor/specs/service_spec.hpp"

#include <optional>
#include <string>
#include <vector>

namespace reeve::io {

/// The number DNS has for it.
int type_number(dns_record type);

/// What an answer says of one type, as a person writes it: "192.0.2.1", "10 mail.example",
/// "5 1 5060 sip.example" (priority, weight, port, target), a text. Names are in small
/// letters without their last dot. None: the message cannot be read.
std::optional<std::vector<std::string>> read_answers(const std::string& message, dns_record type);

} // namespace reeve::io
