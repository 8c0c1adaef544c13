#include "tests/io/support/check_fixture.hpp"
#include "tests/io/support/listener.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

/// Hears a request whole.
std::string receive_request(int fd) {
  auto request = receive_headers(fd);
  const auto end = request.find("\r\n\r\n");
  if (end == std::string::npos)
    return {};
  const auto length = request.find("Content-Length: ");
  const auto size = length == std::string::npos ? 0 : std::stoul(request.substr(length + 16));
  while (request.size() < end + 4 + size) {
    char part[4'096];
    const auto n = recv(fd, part, sizeof part, 0);
    if (n <= 0)
      break;
    request.append(part, static_cast<std::size_t>(n));
  }
  return request;
}

std::string answer(const std::string& status, const std::string& headers, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"
         + headers + "Connection: close\r\n\r\n" + body;
}

/// Asked with a query of digits, ?302, it sends to where `away` says with that status; else it
/// tells what came: the request's first line, its headers that matter, and its body.
struct redirecting_server {
  std::string away = "/to"; ///< set before it is asked
  listener server{[this](int fd) {
    const auto request = receive_request(fd);
    if (request.empty())
      return true; // broken off
    const auto query = request.find('?');
    if (query < request.find(" HTTP/")
        && std::isdigit(static_cast<unsigned char>(request[query + 1])) != 0)
      send_all(fd,
               answer(request.substr(query + 1, 3) + " X", "Location: " + away + "\r\n", "moved"));
    else
      send_all(fd, answer("200 OK", "", told(request)));
    return true;
  }};

  static std::string told(const std::string& request) {
    auto all = request.substr(0, request.find(" HTTP/"));
    for (const auto* name : {"Host", "Authorization", "X-Api-Key", "Content-Type", "Accept"}) {
      const auto at = request.find("\r\n" + std::string{name} + ": ");
      if (at != std::string::npos)
        all += "|" + request.substr(at + 2, request.find("\r\n", at + 2) - at - 2);
    }
    return all + "|" + request.substr(request.find("\r\n\r\n") + 4);
  }

  std::string host() const {
    return "127.0.0.1:" + std::to_string(server.port());
  }
};

struct a_redirected_http_check : check_fixture {
  redirecting_server here;
  redirecting_server elsewhere;

  check_spec following(const std::string& path, int redirects = 5) const {
    http_check target;
    target.url = "http://" + here.host() + path;
    target.max_redirects = redirects;
    check_spec spec;
    spec.target = target;
    spec.timeout = 20s;
    return spec;
  }
  static http_check& target_of(check_spec& spec) {
    return std::get<http_check>(spec.target);
  }
  std::string what_came(const check_spec& spec) {
    const auto o = run(spec);
    EXPECT_EQ(o.what, kind::answered) << o.reason;
    return o.answer.excerpt;
  }
};

} // namespace

TEST_F(a_redirected_http_check, asks_as_browsers_do) {
  for (const auto* status : {"301", "302", "303", "307", "308"}) {
    auto spec = following("/dir/page?" + std::string{status});
    target_of(spec).method = "POST";
    target_of(spec).body = "ping=1";
    target_of(spec).headers = {{"Content-Type", "a/b"}};
    const auto host = "|Host: " + here.host();
    EXPECT_EQ(what_came(spec), status[1] == '0' && status[2] < '4'
                                 ? "GET /to" + host + "|Accept: */*|"
                                 : "POST /to" + host + "|Content-Type: a/b|Accept: */*|ping=1")
      << status;
  }
  auto head = following("/dir/page?303");
  target_of(head).method = "HEAD";
  EXPECT_EQ(run(head).answer.status, 200);
}

TEST_F(a_redirected_http_check, keeps_its_secrets_on_their_origin) {
  auto spec = following("/dir/page?302");
  target_of(spec).headers = {{"X-Api-Key", "k"}, {"Accept", "text/html"}, {"Host", "app.example"}};
  target_of(spec).url = "http://mon:secret@" + here.host() + "/dir/page?302";
  EXPECT_EQ(what_came(spec), "GET /to|Host: app.example|Authorization: Basic bW9uOnNlY3JldA==|"
                             "X-Api-Key: k|Accept: text/html|");
  here.away = "http://" + elsewhere.host() + "/to";
  EXPECT_EQ(what_came(spec), "GET /to|Host: app.example|Accept: text/html|")
    << "another port of the same host";
  here.away = "http://localhost:" + std::to_string(elsewhere.server.port()) + "/to";
  EXPECT_EQ(what_came(spec), "GET /to|Host: localhost:" + std::to_string(elsewhere.server.port())
                               + "|Accept: text/html|");
}

TEST_F(a_redirected_http_check, understands_every_kind_of_location) {
  const std::pair<std::string, std::string> table[] = {
    {"/to#part", "GET /to|"},
    {"to", "GET /dir/to|"},
    {"../to", "GET /to|"},
    {"?x=1", "GET /dir/page?x=1|"},
    {"//" + here.host() + "/to", "GET /to|"},
    {"HTTP://" + here.host(), "GET /|"},
    {"/a b\xc3\xa9", "GET /a%20b%C3%A9|"},
  };
  for (const auto& [location, expected] : table) {
    here.away = location;
    const auto came = what_came(following("/dir/page?302"));
    EXPECT_EQ(came.substr(0, expected.size()), expected) << location;
  }
  here.away = "http://you:word@" + here.host() + "/to";
  EXPECT_NE(what_came(following("/dir/page?302")).find("Authorization: Basic eW91OndvcmQ="),
            std::string::npos);
}

TEST_F(a_redirected_http_check, ends_where_nobody_can_follow) {
  here.away = "?302";
  expect_failure(following("/dir/page?302", 3), "more than 3 redirects");
  for (const auto* to : {"file:///etc/passwd", "unix:/run/docker.sock", "ftp://127.0.0.1/"}) {
    here.away = to;
    expect_failure(following("/dir/page?302"), "redirected to something that is not http or https");
  }
  here.away = "http://";
  expect_failure(following("/dir/page?302"), "redirected to something that is not a URL");
  here.away = "http://" + std::string(64, 'a') + ".invalid/";
  expect_failure(following("/dir/page?302"), "cannot resolve host '" + std::string(64, 'a')
                                               + ".invalid', where it was redirected to");
  here.away = "http://127.0.0.1:" + std::to_string(free_port()) + "/";
  expect_failure(following("/dir/page?302"), "connection refused");
}

TEST_F(a_redirected_http_check, takes_a_redirect_without_a_way_for_the_answer) {
  const auto is_the_answer = [&](const std::string& said) {
    listener server{answering(said)};
    auto spec = following("/");
    target_of(spec).url = server.url();
    return run(spec).answer.status;
  };
  EXPECT_EQ(is_the_answer("HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n"), 302);
  EXPECT_EQ(is_the_answer("HTTP/1.1 302 X\r\nLocation:\r\nContent-Length: 0\r\n\r\n"), 302);
  EXPECT_EQ(is_the_answer("HTTP/1.1 304 X\r\nLocation: /to\r\n\r\n"), 304);
  EXPECT_EQ(is_the_answer("HTTP/1.1 201 X\r\nLocation: /to\r\nContent-Length: 0\r\n\r\n"), 201);
}

TEST_F(a_redirected_http_check, does_not_wait_for_the_body_of_a_redirect) {
  listener endless{[&](int fd) {
    receive_headers(fd);
    send_all(fd, "HTTP/1.1 302 X\r\nLocation: http://" + elsewhere.host() + "/to\r\n\r\n");
    while (send_all(fd, std::string(1'000, 'x')))
      std::this_thread::sleep_for(1ms);
    return true;
  }};
  auto spec = following("/");
  target_of(spec).url = endless.url();
  EXPECT_EQ(what_came(spec).substr(0, 7), "GET /to");
}

TEST_F(a_redirected_http_check, has_one_timeout_for_all_and_counts_the_whole_way) {
  listener slow{[&](int fd) {
    receive_headers(fd);
    std::this_thread::sleep_for(100ms);
    send_all(fd, "HTTP/1.1 302 X\r\nLocation: http://" + elsewhere.host()
                   + "/to\r\nContent-Length: 0\r\n\r\n");
    return true;
  }};
  auto spec = following("/");
  target_of(spec).url = slow.url();
  EXPECT_GE(run(spec).answer.latency, 100ms);
  listener silent{saying("")};
  here.away = silent.url();
  spec = following("/dir/page?302");
  spec.timeout = 500ms;
  expect_failure(spec, "no answer within 500 ms");
}

TEST_F(a_redirected_http_check, can_be_run_again_and_broken_off) {
  const auto c = engine.make(following("/dir/page?302"));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(run_check(l, *c).answer.excerpt.substr(0, 7), "GET /to");
  listener silent{saying("")};
  here.away = silent.url();
  for (const auto wait : {0ms, 20ms})
    cancel(following("/dir/page?302"), [&] {
      if (wait > 0ms)
        run_for(l, wait);
    });
}
