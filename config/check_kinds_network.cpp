#include "config/address.hpp"
#include "config/check_kinds.hpp"
#include "config/shown_text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace reeve::config {
namespace {

// 192.0.2.1 is asked for as 1.2.0.192.in-addr.arpa; of IPv6 every half byte is a label.
std::string reverse_name(const std::string& address) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::string made;
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) {
    for (int i = 3; i >= 0; --i)
      made += std::to_string(bytes.at(static_cast<std::size_t>(i))) + ".";
    return made + "in-addr.arpa";
  }
  inet_pton(AF_INET6, address.c_str(), bytes.data());
  constexpr std::string_view digits = "0123456789abcdef";
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
    for (const auto half : {*byte & 0xF, *byte >> 4}) {
      made += digits[static_cast<std::size_t>(half)];
      made += '.';
    }
  }
  return made + "ip6.arpa";
}

void read_record(const reader& from, dns_record& into) {
  auto text = from.text();
  if (!text)
    return;
  std::transform(text->begin(), text->end(), text->begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  if (const auto record = value_of<dns_record>(*text)) {
    into = *record;
    return;
  }
  const auto& all = words<dns_record>::all;
  const std::vector<std::string> known{std::begin(all), std::end(all)};
  from.fail("must be " + alternatives(known) + ", not " + from.quoted_text()
            + from.shared().problems.suggestion(*text, known));
}

result<host_port> parse_name_server(std::string_view text) {
  if (canonical_address(text) && text.find(':') != text.npos)
    return error{in_quotes(text) + " needs brackets, as in [fd00::53]"};
  const auto address = parse_authority(text, 53);
  if (address && !canonical_address(address->host))
    return error{in_quotes(text)
                 + " is no address in digits; write one such as 10.0.0.53, 10.0.0.53:5353 or "
                   "[fd00::53]"};
  return address;
}

void read_name(const reader& from, dns_check& into) {
  const auto name = from.text();
  if (!name)
    return;
  into.name = *name;
  const auto address = canonical_address(*name);
  if (address && into.record == dns_record::ptr)
    into.name = reverse_name(*address);
  else if (address)
    from.fail(from.quoted_text() + " is an address; to ask for its name write 'type: PTR'");
  else if (!is_host_or_address(*name) || name->find(':') != name->npos || name->size() > 254)
    from.fail(from.quoted_text() + " is no name that DNS knows; write one such as example.org");
}

} // namespace

void read_dns(const reader& value, fields& beside, check_spec& into) {
  dns_check made;
  if (const auto type = beside.find("type"))
    read_record(*type, made.record);
  if (const auto at = beside.find("server")) {
    if (const auto server = parsed(*at, parse_name_server)) {
      made.server = server->host;
      made.port = server->port;
    }
  }
  read_name(value, made);
  into.target = made;
}

void read_icmp(const reader& value, fields&, check_spec& into) {
  icmp_check made;
  if (const auto host = value.text()) {
    made.host = *host;
    if (!is_host_or_address(*host))
      value.fail(value.quoted_text()
                 + " is no host; write a name or an address, without port or scheme");
  }
  into.target = made;
}

} // namespace reeve::config
