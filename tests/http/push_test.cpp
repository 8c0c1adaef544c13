#include "tests/http/fixture.hpp"

namespace reeve::http {

namespace {

using kind = push_signal::kind;

class pushes : public server_test {
protected:
  pushes() {
    world_.tokens = {"t0ken"};
  }

  seen post(const std::string& rest, const std::string& body = "",
            const std::string& headers = "Host: localhost\r\n") {
    return client{port_}
      .send("POST /api/v1/push/" + rest + " HTTP/1.1\r\n" + headers
            + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body)
      .read();
  }
  std::vector<push_signal> came() {
    return running_.call([&] { return world_.pushes; });
  }
};

} // namespace

TEST_F(pushes, are_successes_starts_failures_and_exit_codes) {
  serve();
  for (const auto* rest : {"t0ken", "t0ken/start", "t0ken/fail", "t0ken/0", "t0ken/3"}) {
    const auto got = post(rest);
    EXPECT_EQ(got.status, 200) << rest;
    EXPECT_EQ(got.body, R"({"status":"received"})");
  }
  EXPECT_EQ(came(), (std::vector<push_signal>{{kind::success, {}, ""},
                                              {kind::start, {}, ""},
                                              {kind::failure, {}, ""},
                                              {kind::success, 0, ""},
                                              {kind::failure, 3, ""}}));
}

TEST_F(pushes, carry_a_message_of_a_kilobyte_in_one_printable_line) {
  serve();
  post("t0ken/fail", "disk\nfull \x1b[31m\xc3\xa4\xff\n");
  post("t0ken/fail", std::string(5'000, 'x'));
  const auto all = came();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].message, "disk full  [31m\xc3\xa4?");
  EXPECT_EQ(all[1].message, std::string(1'024, 'x'));
}

TEST_F(pushes, with_an_unknown_token_are_not_found_and_say_no_more) {
  serve();
  const auto got = post("t0kem");
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(got.body.find("t0ken"), std::string::npos);
  EXPECT_EQ(post("wrong/start").body, got.body);
  EXPECT_EQ(post("wrong/7").body, got.body);
  EXPECT_TRUE(came().empty());
}

TEST_F(pushes, with_another_ending_are_not_found_whether_the_token_is_right_or_not) {
  serve();
  for (const auto* ending : {"/256", "/-1", "/stop", "/1x", "/007x"}) {
    const auto right = post(std::string{"t0ken"} + ending);
    EXPECT_EQ(right.status, 404) << ending;
    EXPECT_EQ(right.body, post(std::string{"wrong"} + ending).body);
  }
  EXPECT_TRUE(came().empty());
}

TEST_F(pushes, are_made_by_post_alone) {
  serve();
  for (const auto* path : {"/api/v1/push/t0ken", "/api/v1/push/t0ken/fail"}) {
    const auto got = client{port_}.get(path);
    EXPECT_EQ(got.status, 405);
    EXPECT_EQ(got.headers.at("allow"), "POST");
    EXPECT_EQ(got.body.find("t0ken"), std::string::npos);
  }
  EXPECT_TRUE(came().empty());
}

TEST_F(pushes, need_nothing_but_their_token) {
  serve();
  EXPECT_EQ(post("t0ken", "", "Host: watch.example\r\n").status, 200);
  EXPECT_EQ(post("t0ken", "", "Host: localhost\r\nOrigin: http://other.example\r\n").status, 200);
}

TEST_F(pushes, are_counted_by_their_route) {
  serve();
  post("t0ken");
  post("t0ken/start");
  post("t0ken/7");
  post("wrong");
  const auto told = running_.call([&] { return world_.answered; });
  std::vector<std::string> endpoints;
  for (const auto& t : told)
    endpoints.push_back(t.endpoint);
  EXPECT_EQ(endpoints,
            (std::vector<std::string>{"/api/v1/push/{token}", "/api/v1/push/{token}/start",
                                      "/api/v1/push/{token}/{code}", "/api/v1/push/{token}"}));
}

} // namespace reeve::http
