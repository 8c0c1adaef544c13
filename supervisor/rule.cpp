#include "supervisor/rule.hpp"

#include "supervisor/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace reeve {

namespace {

using std::chrono::milliseconds;

constexpr std::pair<std::string_view, comparator> signs[] = {
  {"<=", comparator::less_equal}, {">=", comparator::greater_equal}, {"!=", comparator::not_equal},
  {"<", comparator::less},        {">", comparator::greater},
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<double> as_number(std::string_view text) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-')
    text.remove_prefix(1);
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end || !std::isfinite(value))
    return std::nullopt;
  return value;
}

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

void judge_certificate(const limits& allowed, milliseconds left, findings& all) {
  const auto judge = [&](const std::optional<milliseconds>& limit, check_result result,
                         std::string_view word) {
    if (!limit || left >= *limit)
      return;
    const auto when = left.count() < 0 ? "certificate expired " + describe(-left) + " ago"
                                       : "certificate expires in " + beside(left, *limit);
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
      all.add(check_result::failed,
              field + " is " + in_quotes(*value) + ", expected " + to_string(wanted));
  }
}

void judge_answers(const expectation& expected, const reply& found, findings& all) {
  std::string came;
  for (const auto& answer : found.answers)
    came += (came.empty() ? "" : ", ") + answer;
  for (const auto& wanted : expected.answers)
    if (std::find(found.answers.begin(), found.answers.end(), wanted) == found.answers.end())
      all.add(check_result::failed, "answers are " + in_quotes(came) + ", expected " + wanted);
}

} // namespace

comparison parse_comparison(std::string_view text) {
  text = trimmed(text);
  for (const auto& [sign, op] : signs)
    if (text.substr(0, sign.size()) == sign)
      return {op, std::string{trimmed(text.substr(sign.size()))}};
  return {comparator::equal, std::string{text}};
}

bool holds(const comparison& c, std::string_view found) {
  const auto left = as_number(found);
  const auto right = as_number(c.operand);
  if (left && right)
    return compare(c.op, *left, *right);
  if (c.op != comparator::equal && c.op != comparator::not_equal)
    return false;
  return compare(c.op, found, std::string_view{c.operand});
}

std::string to_string(const comparison& c) {
  for (const auto& [sign, op] : signs)
    if (op == c.op)
      return std::string{sign} + " " + c.operand;
  return c.operand;
}

check_verdict evaluate(const expectation& expected, const reply& found) {
  findings all;
  judge_status(expected, found, all);
  judge_longest(expected.latency, found.latency, "took ", "", all);
  judge_body(expected, found, all);
  judge_fields(expected, found, all);
  judge_answers(expected, found, all);
  if (found.certificate_left)
    judge_certificate(expected.certificate_left, *found.certificate_left, all);
  if (found.age)
    judge_longest(expected.age, *found.age, std::string{found.age_of} + " ", " ago", all);
  return all.take();
}

} // namespace reeve
