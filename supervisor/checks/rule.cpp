#include "supervisor/checks/rule.hpp"

#include "supervisor/decimal.hpp"
#include "supervisor/text.hpp"

#include <algorithm>
#include <utility>

namespace reeve {

namespace {

using std::chrono::milliseconds;

template <class T>
bool compare(comparator op, const T& found, const T& operand) {
  switch (op) {
  case comparator::equal:
    return found == operand;
  case comparator::not_equal:
    return found != operand;
  case comparator::less:
    return found < operand;
  case comparator::less_equal:
    return found <= operand;
  case comparator::greater:
    return found > operand;
  case comparator::greater_equal:
    return found >= operand;
  }
  return false;
}

/// The worst finding so far; the first among equals.
class findings {
public:
  void add(check_result result, std::string reason) {
    if (result > worst_.result)
      worst_ = {result, std::move(reason)};
  }
  check_verdict take() {
    return std::move(worst_);
  }

private:
  check_verdict worst_;
};

std::string to_text(const std::vector<status_range>& ranges) {
  std::string text;
  for (const auto& range : ranges) {
    text += text.empty() ? "" : ", ";
    text += std::to_string(range.first);
    if (range.last != range.first)
      text += "-" + std::to_string(range.last);
  }
  return text;
}

void judge_status(const expectation& expected, const reply& found, findings& all) {
  if (expected.status.empty())
    return;
  for (const auto& range : expected.status)
    if (found.status && range.first <= *found.status && *found.status <= range.last)
      return;
  const auto got = found.status ? "status " + std::to_string(*found.status) : "no status";
  all.add(check_result::failed, got + ", expected " + to_text(expected.status));
}

/// More exact than `describe` where that would show the same as the limit.
std::string beside(milliseconds found, milliseconds limit) {
  return describe(found) == describe(limit) ? std::to_string(found.count()) + " ms"
                                            : describe(found);
}

void judge_longest(const limits& allowed, milliseconds found, std::string_view before,
                   std::string_view after, findings& all) {
  const auto judge = [&](const std::optional<milliseconds>& limit, check_result result,
                         std::string_view word) {
    if (limit && found > *limit)
      all.add(result, std::string{before} + beside(found, *limit) + std::string{after} + ", "
                        + std::string{word} + " over " + describe(*limit));
  };
  judge(allowed.unhealthy, check_result::failed, "unhealthy");
  judge(allowed.degraded, check_result::degraded, "degraded");
}

void judge_certificate(const limits& allowed, milliseconds left, const std::string& which,
                       findings& all) {
  const auto judge = [&](const std::optional<milliseconds>& limit, check_result result,
                         std::string_view word) {
    if (!limit || left >= *limit)
      return;
    const auto when = left.count() < 0 ? which + " expired " + describe(-left) + " ago"
                                       : which + " expires in " + beside(left, *limit);
    all.add(result, when + ", " + std::string{word} + " under " + describe(*limit));
  };
  judge(allowed.unhealthy, check_result::failed, "unhealthy");
  judge(allowed.degraded, check_result::degraded, "degraded");
}

/// The beginning of what came back, in one line and safe to show anywhere: it may
/// be binary, or cut inside a character.
std::string in_quotes(const std::string& text) {
  static constexpr std::size_t most = 60;
  std::string shown = text.substr(0, most);
  for (auto& c : shown)
    if (static_cast<unsigned char>(c) < ' ')
      c = ' ';
    else if (static_cast<unsigned char>(c) > '~')
      c = '?';
  return "'" + std::string{trimmed(shown)} + (text.size() > most ? "...'" : "'");
}

std::string beginning(const std::string& excerpt) {
  return trimmed(excerpt).empty() ? "" : ": " + in_quotes(excerpt);
}

void judge_body(const expectation& expected, const reply& found, findings& all) {
  const std::string body{found.body_is};
  if (expected.contains && !found.contains)
    all.add(check_result::failed,
            body + " does not contain '" + *expected.contains + "'" + beginning(found.excerpt));
  if (expected.matches && !found.matches)
    all.add(check_result::failed,
            body + " does not match '" + *expected.matches + "'" + beginning(found.excerpt));
}

bool equal_but_for_case(std::string_view a, std::string_view b) {
  const auto small = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return small(x) == small(y); });
}

/// Says what kind of value it is where the two look the same otherwise.
std::string unlike(const std::string& name, const found_value& found, const comparison& wanted) {
  const bool only_looks_like_it = found.is_text && holds(wanted, found_value{found.text});
  return name + " is " + (only_looks_like_it ? "the text " : "") + in_quotes(found.text)
         + ", expected " + to_string(wanted);
}

void judge_fields(const expectation& expected, const reply& found, findings& all) {
  if (expected.fields.empty())
    return;
  if (!found.json_valid) {
    all.add(check_result::failed, "body is not JSON" + beginning(found.excerpt));
    return;
  }
  for (std::size_t i = 0; i < expected.fields.size(); ++i) {
    const auto& [field, wanted] = expected.fields[i];
    const auto value = i < found.fields.size() ? found.fields[i] : std::nullopt;
    if (!value)
      all.add(check_result::failed, field + " is missing, expected " + to_string(wanted));
    else if (!holds(wanted, *value))
      all.add(check_result::failed, unlike(field, *value, wanted));
  }
}

/// Of `text/html; charset=utf-8` the type alone, unless parameters are asked for, too.
std::string counted(const header_condition& wanted, const std::string& value) {
  const bool type_alone = equal_but_for_case(wanted.name, "content-type")
                          && wanted.expected.operand.find(';') == std::string::npos;
  return std::string{trimmed(type_alone ? value.substr(0, value.find(';')) : value)};
}

void judge_headers(const expectation& expected, const reply& found, findings& all) {
  for (std::size_t i = 0; i < expected.headers.size(); ++i) {
    const auto& wanted = expected.headers[i].expected;
    const auto value = i < found.headers.size() ? found.headers[i] : std::nullopt;
    const auto what = "header " + expected.headers[i].name;
    if (!value)
      all.add(check_result::failed, what + " is missing, expected " + to_string(wanted));
    else if (!holds(wanted, {counted(expected.headers[i], *value), true}))
      all.add(check_result::failed, unlike(what, {*value, true}, wanted));
  }
}

std::string joined(const std::vector<std::string>& answers) {
  std::string all;
  for (const auto& answer : answers)
    all += (all.empty() ? "" : ", ") + answer;
  return all;
}

void judge_answers(const expectation& expected, const reply& found, findings& all) {
  const auto is_among = [](const std::string& one, const std::vector<std::string>& those) {
    return std::find(those.begin(), those.end(), one) != those.end();
  };
  const auto came = "answers are " + in_quotes(joined(found.answers));
  for (const auto& wanted : expected.answers)
    if (!is_among(wanted, found.answers))
      all.add(check_result::failed, came + ", expected " + wanted);
  if (!expected.answers_exactly)
    return;
  for (const auto& answer : found.answers)
    if (!is_among(answer, expected.answers))
      all.add(check_result::failed, came + ", expected nothing but " + joined(expected.answers));
}

} // namespace

bool holds(const comparison& c, const found_value& found) {
  const bool ordered = c.op != comparator::equal && c.op != comparator::not_equal;
  const auto left = found.is_text && !ordered ? std::nullopt : decimal::parse(found.text);
  const auto right = decimal::parse(c.operand);
  if (left && right)
    return compare(c.op, *left, *right);
  return !ordered && compare(c.op, found.text, c.operand);
}

check_verdict evaluate(const expectation& expected, const reply& found) {
  findings all;
  judge_status(expected, found, all);
  judge_longest(expected.latency, found.latency, "took ", "", all);
  judge_body(expected, found, all);
  judge_fields(expected, found, all);
  judge_headers(expected, found, all);
  judge_answers(expected, found, all);
  if (found.certificate_left)
    judge_certificate(expected.certificate_left, *found.certificate_left, found.certificate_is,
                      all);
  if (found.age)
    judge_longest(expected.age, *found.age, std::string{found.age_of} + " ", " ago", all);
  return all.take();
}

} // namespace reeve
