#include "tests/io/support/check_fixture.hpp"
#include "tests/io/support/listener.hpp"
#include "tests/io/support/process_facts.hpp"
#include "tests/io/support/server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <optional>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

check_spec http(const std::string& url) {
  check_spec spec;
  spec.name = "http";
  http_check target;
  target.url = url;
  spec.target = target;
  spec.timeout = 20s;
  return spec;
}

http_check& target_of(check_spec& spec) {
  return std::get<http_check>(spec.target);
}

struct an_http_check : check_fixture {
  /// Of a server that sends `answer` to whoever asks, and closes.
  check_outcome run_against(const std::string& answer, const expectation& expect = {}) {
    listener server{answering(answer)};
    auto spec = http(server.url());
    spec.expect = expect;
    return run(spec);
  }
};

struct an_http_check_of_nginx : an_http_check {
  nginx server{folder, 1, [](const nginx::ports& ports) {
                 const auto port = std::to_string(ports[0]);
                 return "server { listen 127.0.0.1:" + port + R"(; default_type text/plain;
    location = / { return 200 "all is well"; }
    location = /json { return 200 '{"status":"ready","checks":{"db":{"ms":12.5}},"list":[1,true,null]}'; }
    location = /sick { return 500 "out of order"; }
    location = /hop { return 302 /hop2; }
    location = /hop2 { return 302 /; }
    location = /round { return 302 /round; }
    location = /ftp { return 302 ftp://127.0.0.1/; }
    location = /echo { return 200 "$request_method $http_x_team $http_host $http_user_agent"; }
  })";
               }};
};

} // namespace

TEST_F(an_http_check_of_nginx, brings_status_and_the_beginning_of_the_body) {
  const auto o = run(http(server.url(0)));
  ASSERT_EQ(o.what, kind::answered) << o.reason;
  EXPECT_EQ(o.answer.status, 200);
  EXPECT_EQ(o.answer.excerpt, "all is well");
  EXPECT_FALSE(o.answer.certificate_left);
}

TEST_F(an_http_check_of_nginx, leaves_the_status_to_be_judged) {
  auto spec = http(server.url(0, "/sick"));
  spec.expect.status = {{200, 299}};
  const auto o = run(spec);
  ASSERT_EQ(o.what, kind::answered) << o.reason;
  EXPECT_EQ(o.answer.status, 500);
  EXPECT_EQ(judge(spec.expect, o).result, check_result::failed);
}

TEST_F(an_http_check_of_nginx, looks_for_a_text_and_an_expression_in_the_body) {
  auto spec = http(server.url(0));
  spec.expect.contains = "is well";
  spec.expect.matches = "^all .* w[e]ll$";
  EXPECT_EQ(verdict(spec).result, check_result::ok);
  spec.expect.contains = "is ill";
  EXPECT_EQ(verdict(spec).result, check_result::failed);
  spec.expect.contains = std::nullopt;
  spec.expect.matches = "^well";
  EXPECT_EQ(verdict(spec).result, check_result::failed);
}

TEST_F(an_http_check_of_nginx, finds_values_in_json) {
  auto spec = http(server.url(0, "/json"));
  for (const auto* path : {"status", "checks.db.ms", "list.1", "list.2", "list.3", "nothing.here"})
    spec.expect.fields.push_back({path, {}});
  const auto o = run(spec);
  ASSERT_EQ(o.what, kind::answered) << o.reason;
  EXPECT_TRUE(o.answer.json_valid);
  const std::vector<std::optional<found_value>> expected{
    found_value{"ready", true}, "12.5", "true", "null", std::nullopt, std::nullopt};
  EXPECT_EQ(o.answer.fields, expected);
}

TEST_F(an_http_check_of_nginx, says_when_the_body_is_no_json) {
  auto spec = http(server.url(0));
  spec.expect.fields.push_back({"status", {}});
  EXPECT_FALSE(run(spec).answer.json_valid);
}

TEST_F(an_http_check_of_nginx, takes_a_redirect_for_the_answer_unless_told_to_follow) {
  auto spec = http(server.url(0, "/hop"));
  EXPECT_EQ(run(spec).answer.status, 302);
  target_of(spec).max_redirects = 2;
  const auto o = run(spec);
  EXPECT_EQ(o.answer.status, 200) << o.reason;
  EXPECT_EQ(o.answer.excerpt, "all is well");
}

TEST_F(an_http_check_of_nginx, fails_after_too_many_redirects_or_one_to_another_protocol) {
  auto spec = http(server.url(0, "/round"));
  target_of(spec).max_redirects = 3;
  expect_failure(spec, "more than 3 redirects");
  target_of(spec).url = server.url(0, "/ftp");
  expect_failure(spec, "redirected to something that is not http or https");
}

TEST_F(an_http_check_of_nginx, sends_method_and_headers) {
  auto spec = http(server.url(0, "/echo"));
  target_of(spec).method = "PUT";
  target_of(spec).headers = {{"X-Team", "core"}, {"Host", "example.org"}};
  EXPECT_EQ(run(spec).answer.excerpt, "PUT core example.org reeve");
  target_of(spec).method = "HEAD";
  const auto o = run(spec);
  EXPECT_EQ(o.answer.status, 200) << o.reason;
  EXPECT_EQ(o.answer.excerpt, "");
}

TEST_F(an_http_check_of_nginx, does_not_go_through_a_proxy_of_the_environment) {
  setenv("http_proxy", "http://127.0.0.1:1/", 1);
  EXPECT_EQ(run(http(server.url(0))).what, kind::answered);
  unsetenv("http_proxy");
}

TEST_F(an_http_check_of_nginx, can_be_run_again_by_its_own_completion_and_then_destroyed) {
  auto c = engine.make(http(server.url(0)));
  int runs = 0;
  std::function<void(check_outcome)> again = [&](check_outcome o) {
    EXPECT_EQ(o.what, kind::answered) << o.reason;
    if (++runs < 5)
      c->run(again);
    else
      c.reset();
  };
  c->run(again);
  EXPECT_TRUE(run_until(l, [&] { return !c; }));
  EXPECT_EQ(runs, 5);
}

TEST_F(an_http_check_of_nginx, leaves_no_descriptor_behind) {
  run(http(server.url(0)));
  run_for(l, 5ms);
  const auto before = open_descriptors();
  const auto nobody = "http://127.0.0.1:" + std::to_string(free_port()) + "/";
  for (int i = 0; i < 30; ++i) {
    run(http(server.url(0)));
    run(http(nobody));
    auto broken_off = engine.make(http(server.url(0)));
    broken_off->run([](const check_outcome&) {});
    run_for(l, std::chrono::milliseconds{i % 2});
  }
  run_for(l, 5ms);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(an_http_check, sends_its_body) {
  std::string request;
  std::optional<listener> server;
  server.emplace([&](int fd) {
    request = receive_headers(fd);
    while (request.find("ping=1") == std::string::npos) {
      char c = 0;
      if (recv(fd, &c, 1, 0) != 1)
        break;
      request += c;
    }
    send_all(fd, "HTTP/1.1 204 No Content\r\n\r\n");
    return true;
  });
  auto spec = http(server->url());
  target_of(spec).method = "POST";
  target_of(spec).body = "ping=1";
  EXPECT_EQ(run(spec).answer.status, 204);
  server.reset(); // its threads too: from here on the request is ours
  EXPECT_EQ(request.rfind("POST / HTTP/1.1\r\n", 0), 0U) << request;
  EXPECT_NE(request.find("Content-Length: 6\r\n"), std::string::npos) << request;
}

TEST_F(an_http_check, is_refused) {
  expect_failure(http("http://127.0.0.1:" + std::to_string(free_port()) + "/"),
                 "connection refused");
}

TEST_F(an_http_check, gets_no_answer) {
  listener server{saying("")};
  auto spec = http(server.url());
  spec.timeout = 500ms;
  expect_failure(spec, "no answer within 500 ms");
}

TEST_F(an_http_check, cannot_connect_in_time) {
  full_port full;
  auto spec = http("http://127.0.0.1:" + std::to_string(full.port()) + "/");
  spec.timeout = 500ms;
  expect_failure(spec, "could not connect within 500 ms");
}

TEST_F(an_http_check, gets_its_answer_too_slowly) {
  listener server{[](int fd) {
    receive_headers(fd);
    send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (send_all(fd, "x"))
      std::this_thread::sleep_for(10ms);
    return true;
  }};
  auto spec = http(server.url());
  spec.timeout = 500ms;
  expect_failure(spec, "the answer was not complete within 500 ms");
}

TEST_F(an_http_check, is_reset_before_and_in_the_middle_of_the_answer) {
  std::atomic<bool> begin = false;
  listener server{[&](int fd) {
    receive_headers(fd);
    if (begin) {
      send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
      std::this_thread::sleep_for(300ms); // a reset also takes away what was not read yet
    }
    reset_connection(fd);
    return false;
  }};
  expect_failure(http(server.url()), "connection reset");
  begin = true;
  expect_failure(http(server.url()), "connection reset in the middle of the answer");
}

TEST_F(an_http_check, says_how_an_answer_is_no_good) {
  EXPECT_EQ(run_against("").reason, "connection closed without an answer");
  EXPECT_EQ(run_against("SSH-2.0-OpenSSH_9.2\r\n").reason, "the answer is not HTTP");
  EXPECT_EQ(run_against("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello").reason,
            "connection closed in the middle of the answer");
}

TEST_F(an_http_check, is_content_with_the_beginning_of_an_endless_answer) {
  listener server{[](int fd) {
    receive_headers(fd);
    send_all(fd, "HTTP/1.1 200 OK\r\n\r\nneedle ");
    while (send_all(fd, std::string(10'000, 'x'))) {
    }
    return true;
  }};
  auto spec = http(server.url());
  auto o = run(spec);
  EXPECT_EQ(o.what, kind::answered) << o.reason;
  EXPECT_EQ(o.answer.status, 200);
  EXPECT_EQ(o.answer.excerpt.substr(0, 8), "needle x");
  spec.expect.contains = "needle";
  EXPECT_EQ(verdict(spec).result, check_result::ok);
  spec.expect.contains = "haystack";
  EXPECT_EQ(verdict(spec).result, check_result::failed);
}

TEST_F(an_http_check, refuses_headers_larger_than_64_kib) {
  const auto answer_with = [](std::size_t lines) {
    std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";
    for (std::size_t i = 0; i < lines; ++i)
      answer += "X-Filler: " + std::string(1'012, 'x') + "\r\n"; // 1 KiB
    return answer + "\r\nok";
  };
  EXPECT_EQ(run_against(answer_with(60)).answer.status, 200);
  const auto o = run_against(answer_with(70));
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "the answer's headers are larger than 64 KiB");
}

TEST_F(an_http_check, does_not_choke_on_nested_or_broken_json) {
  expectation expect;
  expect.fields.push_back({"a", {}});
  for (const auto& body : {std::string(200'000, '['), std::string("{\"a\":\"\xff\xfe\"}"),
                           std::string("{\"a\":1e99999}"), std::string("{\"a\":")}) {
    const auto o = run_against("HTTP/1.1 200 OK\r\n\r\n" + body, expect);
    ASSERT_EQ(o.what, kind::answered) << o.reason;
    EXPECT_FALSE(o.answer.json_valid) << body.substr(0, 20);
  }
}

TEST_F(an_http_check, of_a_host_that_does_not_exist_fails) {
  const auto host = std::string(64, 'a') + ".invalid";
  expect_failure(http("http://" + host + "/"), "cannot resolve host '" + host + "'");
}

TEST_F(an_http_check, that_is_destroyed_under_way_is_cancelled_before_the_destructor_returns) {
  listener server{saying("")};
  for (const auto wait : {0ms, 20ms}) {
    cancel(http(server.url()), [&] {
      if (wait > 0ms)
        run_for(l, wait);
    });
  }
}

TEST_F(an_http_check, without_a_descriptor_to_spare_was_not_run) {
  expect_not_run_without_descriptors(http("http://127.0.0.1:" + std::to_string(free_port())));
}

TEST_F(an_http_check, that_timed_out_because_our_own_loop_stood_still_was_not_run) {
  listener silent{saying("")};
  auto spec = http(silent.url());
  spec.timeout = 50ms;
  l.call_after(10ms, [] { std::this_thread::sleep_for(1'200ms); });
  expect_not_run(spec, "Reeve itself was held up and came too late");
}
