#include "supervisor/checks/rule.hpp"

#include <gtest/gtest.h>

namespace reeve {
namespace {

using namespace std::chrono_literals;

check_verdict failed(std::string reason) {
  return {check_result::failed, std::move(reason)};
}

check_verdict degraded(std::string reason) {
  return {check_result::degraded, std::move(reason)};
}

TEST(comparison, has_one_grammar) {
  const std::pair<const char*, comparison> table[] = {
    {"ready", {comparator::equal, "ready"}},
    {"  ready or not ", {comparator::equal, "ready or not"}},
    {"< 600", {comparator::less, "600"}},
    {"<600", {comparator::less, "600"}},
    {"<= 600", {comparator::less_equal, "600"}},
    {"> 0", {comparator::greater, "0"}},
    {" >=0 ", {comparator::greater_equal, "0"}},
    {"!= down", {comparator::not_equal, "down"}},
    {"", {comparator::equal, ""}},
  };
  for (const auto& [text, expected] : table)
    EXPECT_EQ(parse_comparison(text), expected) << text;
}

TEST(comparison, compares_numbers_as_numbers_and_all_else_as_text) {
  struct row {
    const char* expected;
    const char* found;
    bool holds;
  };
  const row table[] = {
    {"1", "1.0", true},        {"1", "01", true},       {"1e3", "1000", true},
    {"1", "2", false},         {"< 600", "599", true},  {"< 600", "600", false},
    {"<= 600", "600", true},   {"> -1", "0", true},     {">= 0.5", "0.4", false},
    {"!= 0", "0.0", false},    {"!= 0", "1", true},     {"ready", "ready", true},
    {"ready", "Ready", false}, {"!= down", "up", true}, {"!= down", "down", false},
    {"< b", "a", false},       {"> a", "b", false},     {"< 600", "many", false},
    {"< 600", "", false},      {"", "", true},          {"< 5", "nan", false},
    {"< inf", "3", false},     {"< 10", "9", true},
  };
  for (const auto& row : table)
    EXPECT_EQ(holds(parse_comparison(row.expected), row.found), row.holds)
      << row.expected << " of " << row.found;
}

TEST(comparison, of_a_text_is_for_the_same_text_and_still_orders_what_it_holds) {
  struct row {
    const char* expected;
    const char* found;
    bool holds;
  };
  const row table[] = {
    {"1.10", "1.10", true}, {"1.1", "1.10", false},  {"!= 1.1", "1.10", true}, {"1", "01", false},
    {"< 600", "599", true}, {"< 600", "601", false}, {"< 600", "many", false},
  };
  for (const auto& row : table)
    EXPECT_EQ(holds(parse_comparison(row.expected), {row.found, true}), row.holds)
      << row.expected << " of the text " << row.found;
}

TEST(comparison, tells_numbers_apart_that_a_double_does_not) {
  EXPECT_FALSE(holds(parse_comparison("9007199254740993"), "9007199254740992"));
  EXPECT_TRUE(holds(parse_comparison("9007199254740993"), "9007199254740993"));
  EXPECT_TRUE(holds(parse_comparison("> 9007199254740992"), "9007199254740993"));
  EXPECT_FALSE(
    holds(parse_comparison("123456789012345678901234567890"), "123456789012345678901234567891"));
}

TEST(comparison, is_shown_as_the_config_said_it) {
  for (const auto* text : {"ready", "< 600", "<= 600", "> 0", ">= 0", "!= down"})
    EXPECT_EQ(to_string(parse_comparison(text)), text);
}

TEST(rule, an_empty_expectation_is_met_by_anything) {
  EXPECT_EQ(evaluate({}, {}), check_verdict{});
  reply bad;
  bad.status = 500;
  bad.json_valid = false;
  bad.latency = 1h;
  EXPECT_EQ(evaluate({}, bad), check_verdict{});
}

TEST(rule, judges_the_status) {
  expectation e;
  e.status = {{200, 299}, {304, 304}};
  reply r;
  for (const int good : {200, 250, 299, 304}) {
    r.status = good;
    EXPECT_EQ(evaluate(e, r), check_verdict{}) << good;
  }
  r.status = 500;
  EXPECT_EQ(evaluate(e, r), failed("status 500, expected 200-299, 304"));
  r.status = 300;
  EXPECT_EQ(evaluate(e, r), failed("status 300, expected 200-299, 304"));
  r.status.reset();
  EXPECT_EQ(evaluate(e, r), failed("no status, expected 200-299, 304"));
}

TEST(rule, judges_the_latency) {
  expectation e;
  e.latency = {2s, 4s};
  const auto after = [&](std::chrono::milliseconds latency) {
    reply r;
    r.latency = latency;
    return evaluate(e, r);
  };
  EXPECT_EQ(after(2s), check_verdict{});
  EXPECT_EQ(after(2'400ms), degraded("took 2.4 s, degraded over 2 s"));
  EXPECT_EQ(after(4s), degraded("took 4 s, degraded over 2 s"));
  EXPECT_EQ(after(4'500ms), failed("took 4.5 s, unhealthy over 4 s"));
  // Shown as found, never as equal to what it is over.
  EXPECT_EQ(after(2'001ms), degraded("took 2001 ms, degraded over 2 s"));
}

TEST(rule, judges_the_body) {
  expectation e;
  e.contains = "ok";
  reply r;
  r.contains = false;
  EXPECT_EQ(evaluate(e, r), failed("body does not contain 'ok'"));
  r.excerpt = "error:\n no\x80 database";
  EXPECT_EQ(evaluate(e, r), failed("body does not contain 'ok': 'error:  no? database'"));
  r.excerpt = std::string(100, 'x');
  EXPECT_EQ(evaluate(e, r),
            failed("body does not contain 'ok': '" + std::string(60, 'x') + "...'"));
  e = {};
  e.matches = "^..$";
  r = {};
  r.matches = false;
  EXPECT_EQ(evaluate(e, r), failed("body does not match '^..$'"));
}

TEST(rule, judges_values_in_json) {
  expectation e;
  e.fields = {{"status", {comparator::equal, "healthy"}},
              {"checks.db.status", {comparator::equal, "ready"}},
              {"lag", {comparator::less, "600"}}};
  reply r;
  r.fields = {"healthy", "ready", "599"};
  EXPECT_EQ(evaluate(e, r), check_verdict{});
  r.fields[1] = "starting";
  EXPECT_EQ(evaluate(e, r), failed("checks.db.status is 'starting', expected ready"));
  r.fields[1] = std::nullopt;
  EXPECT_EQ(evaluate(e, r), failed("checks.db.status is missing, expected ready"));
  r.fields = {"healthy", "ready", "601"};
  EXPECT_EQ(evaluate(e, r), failed("lag is '601', expected < 600"));
  r.fields = {"healthy"};
  EXPECT_EQ(evaluate(e, r), failed("checks.db.status is missing, expected ready"));
  r.json_valid = false;
  r.excerpt = "<html>";
  EXPECT_EQ(evaluate(e, r), failed("body is not JSON: '<html>'"));
}

TEST(rule, says_that_a_value_is_a_text_where_only_that_is_wrong) {
  expectation e;
  e.fields = {{"version", {comparator::equal, "1.1"}}};
  reply r;
  r.fields = {found_value{"1.10", true}};
  EXPECT_EQ(evaluate(e, r), failed("version is the text '1.10', expected 1.1"));
  r.fields = {found_value{"2.0", true}};
  EXPECT_EQ(evaluate(e, r), failed("version is '2.0', expected 1.1"));
  r.fields = {"1.10"};
  EXPECT_EQ(evaluate(e, r), check_verdict{});
}

TEST(rule, judges_headers_as_texts) {
  expectation e;
  e.headers = {{"Location", {comparator::equal, "/login"}},
               {"content-length", {comparator::less, "1000"}},
               {"x-mode", {comparator::not_equal, "maintenance"}}};
  reply r;
  r.headers = {"/login", "999", "open"};
  EXPECT_EQ(evaluate(e, r), check_verdict{});
  r.headers[0] = "/maintenance.html";
  EXPECT_EQ(evaluate(e, r), failed("header Location is '/maintenance.html', expected /login"));
  r.headers = {"/login", "1000", "open"};
  EXPECT_EQ(evaluate(e, r), failed("header content-length is '1000', expected < 1000"));
  r.headers = {"/login", "1", "maintenance"};
  EXPECT_EQ(evaluate(e, r), failed("header x-mode is 'maintenance', expected != maintenance"));
  r.headers = {std::nullopt, "1", "open"};
  EXPECT_EQ(evaluate(e, r), failed("header Location is missing, expected /login"));
  r.headers = {};
  EXPECT_EQ(evaluate(e, r), failed("header Location is missing, expected /login"));
}

TEST(rule, asks_for_parameters_of_a_content_type_only_where_the_config_does) {
  const auto judged = [](const char* expected, const char* found) {
    expectation e;
    e.headers = {{"Content-Type", parse_comparison(expected)}};
    reply r;
    r.headers = {found};
    return evaluate(e, r).reason;
  };
  EXPECT_EQ(judged("text/html", "text/html; charset=utf-8"), "");
  EXPECT_EQ(judged("text/html; charset=utf-8", "text/html; charset=utf-8"), "");
  EXPECT_EQ(judged("text/html", "text/html"), "");
  EXPECT_EQ(judged("text/html; charset=utf-8", "text/html"),
            "header Content-Type is 'text/html', expected text/html; charset=utf-8");
  EXPECT_EQ(judged("application/json", "text/html; charset=utf-8"),
            "header Content-Type is 'text/html; charset=utf-8', expected application/json");
}

TEST(rule, judges_answers) {
  expectation e;
  e.answers = {"192.0.2.1", "192.0.2.2"};
  reply r;
  r.answers = {"192.0.2.3", "192.0.2.2", "192.0.2.1"};
  EXPECT_EQ(evaluate(e, r), check_verdict{});
  e.answers_exactly = true;
  EXPECT_EQ(evaluate(e, r), failed("answers are '192.0.2.3, 192.0.2.2, 192.0.2.1', expected "
                                   "nothing but 192.0.2.1, 192.0.2.2"));
  r.answers = {"192.0.2.2", "192.0.2.1"};
  EXPECT_EQ(evaluate(e, r), check_verdict{}) << "in any order";
  r.answers = {"192.0.2.2"};
  EXPECT_EQ(evaluate(e, r), failed("answers are '192.0.2.2', expected 192.0.2.1"));
}

TEST(rule, judges_the_certificate) {
  expectation e;
  e.certificate_left = {std::chrono::days{14}, std::chrono::days{3}};
  const auto left = [&](std::chrono::milliseconds time) {
    reply r;
    r.certificate_left = time;
    return evaluate(e, r);
  };
  EXPECT_EQ(left(std::chrono::days{14}), check_verdict{});
  EXPECT_EQ(left(std::chrono::days{14} - 1s),
            degraded("certificate expires in 13d23h, degraded under 14d"));
  EXPECT_EQ(left(std::chrono::days{2}), failed("certificate expires in 2d, unhealthy under 3d"));
  EXPECT_EQ(left(-std::chrono::days{2}), failed("certificate expired 2d ago, unhealthy under 3d"));
  EXPECT_EQ(evaluate(e, reply{}), check_verdict{}) << "plain http has none";
  reply r;
  r.certificate_left = std::chrono::days{4};
  r.certificate_is = "certificate of its authority 'one'";
  EXPECT_EQ(evaluate(e, r),
            degraded("certificate of its authority 'one' expires in 4d, degraded under 14d"));
}

TEST(rule, judges_the_age_of_a_heartbeat) {
  expectation e;
  e.age = {60s, 120s};
  const auto old = [&](std::chrono::milliseconds age) {
    reply r;
    r.age = age;
    return evaluate(e, r);
  };
  EXPECT_EQ(old(60s), check_verdict{});
  EXPECT_EQ(old(90s), degraded("last heartbeat 1m30s ago, degraded over 1m"));
  EXPECT_EQ(old(130s), failed("last heartbeat 2m10s ago, unhealthy over 2m"));
}

TEST(rule, the_worst_finding_counts_and_the_first_among_equals) {
  expectation e;
  e.status = {{200, 299}};
  e.latency = {2s, std::nullopt};
  e.contains = "ok";
  reply r;
  r.status = 200;
  r.latency = 3s;
  r.contains = false;
  EXPECT_EQ(evaluate(e, r), failed("body does not contain 'ok'"));
  r.status = 503;
  EXPECT_EQ(evaluate(e, r), failed("status 503, expected 200-299"));
}

} // namespace
} // namespace reeve
