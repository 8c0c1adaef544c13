#include "io/checks/dns_answer.hpp"

#include "io/names/name_files.hpp"

#define CARES_NO_DEPRECATED // its newer calls are not in Debian 12
#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>

#include <array>
#include <cstdint>

namespace reeve::io {

namespace {

/// Takes a message apart from its front; `bad` once it has ended too soon.
class message_reader {
public:
  explicit message_reader(const std::string& message)
      : data_{reinterpret_cast<const unsigned char*>(message.data())}, size_{message.size()} {
  }

  bool bad() const {
    return bad_;
  }
  std::size_t at() const {
    return at_;
  }
  void skip(std::size_t bytes) {
    bad_ = bad_ || bytes > size_ - at_;
    at_ += bad_ ? 0 : bytes;
  }
  std::uint16_t number() {
    const auto from = at_;
    skip(2);
    return bad_ ? std::uint16_t{0}
                : static_cast<std::uint16_t>((data_[from] << 8) | data_[from + 1]);
  }
  std::string bytes(std::size_t count) {
    const auto from = at_;
    skip(count);
    return bad_ ? std::string{} : std::string{reinterpret_cast<const char*>(data_ + from), count};
  }
  std::string name() {
    char* text = nullptr;
    long length = 0;
    bad_ = bad_ || at_ >= size_
           || ares_expand_name(data_ + at_, data_, static_cast<int>(size_), &text, &length)
                != ARES_SUCCESS;
    if (bad_)
      return {};
    const std::string found = text;
    ares_free_string(text);
    skip(static_cast<std::size_t>(length));
    return plain_name(found);
  }

private:
  const unsigned char* data_;
  std::size_t size_;
  std::size_t at_ = 0;
  bool bad_ = false;
};

std::string address(message_reader& from, int family, std::size_t size) {
  const auto bytes = from.bytes(size);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (!from.bad())
    inet_ntop(family, bytes.data(), text.data(), text.size());
  return text.data();
}

std::string numbers(message_reader& from, int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += std::to_string(from.number()) + ' ';
  return text;
}

/// One text may come in several pieces.
std::string text(message_reader& from, std::size_t end) {
  std::string all;
  while (!from.bad() && from.at() < end)
    all += from.bytes(static_cast<unsigned char>(from.bytes(1).front()));
  return all;
}

std::string record(message_reader& from, dns_record type, std::size_t end) {
  switch (type) {
  case dns_record::a:
    return address(from, AF_INET, 4);
  case dns_record::aaaa:
    return address(from, AF_INET6, 16);
  case dns_record::mx: {
    const auto preference = numbers(from, 1);
    return preference + from.name();
  }
  case dns_record::srv: {
    const auto priority_weight_port = numbers(from, 3);
    return priority_weight_port + from.name();
  }
  case dns_record::txt:
    return text(from, end);
  case dns_record::cname:
  case dns_record::ns:
  case dns_record::ptr:
    return from.name();
  }
  return {};
}

} // namespace

int type_number(dns_record type) {
  switch (type) {
  case dns_record::a:
    return ns_t_a;
  case dns_record::aaaa:
    return ns_t_aaaa;
  case dns_record::cname:
    return ns_t_cname;
  case dns_record::mx:
    return ns_t_mx;
  case dns_record::ns:
    return ns_t_ns;
  case dns_record::ptr:
    return ns_t_ptr;
  case dns_record::srv:
    return ns_t_srv;
  case dns_record::txt:
    return ns_t_txt;
  }
  return ns_t_any;
}

std::optional<std::vector<std::string>> read_answers(const std::string& message, dns_record type) {
  std::vector<std::string> found;
  message_reader from{message};
  from.skip(4); // id and flags
  const auto questions = from.number();
  const auto answers = from.number();
  from.skip(4);
  for (int i = 0; i < questions && !from.bad(); ++i) {
    from.name();
    from.skip(4);
  }
  for (int i = 0; i < answers && !from.bad(); ++i) {
    from.name();
    const auto its_type = from.number();
    const auto its_class = from.number();
    from.skip(4); // how long it holds
    const auto size = from.number();
    auto next = from;
    next.skip(size);
    if (next.bad())
      return std::nullopt;
    if (its_type == type_number(type) && its_class == ns_c_in) {
      found.push_back(record(from, type, next.at()));
      if (from.bad() || from.at() != next.at())
        return std::nullopt;
    }
    from = next;
  }
  if (from.bad())
    return std::nullopt;
  return found;
}

} // namespace reeve::io
