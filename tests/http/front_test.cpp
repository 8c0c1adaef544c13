#include "http/front/front.hpp"
#include "tests/http/fixture.hpp"

#include <sys/socket.h>

#include <atomic>

namespace reeve::http {

namespace {

answer text(std::string body) {
  answer a;
  a.content_type = "text/plain";
  a.body = std::move(body);
  return a;
}

/// Says what it was asked.
void echo(const request& r, const reply& give) {
  give(text(r.method + " " + r.target + " " + r.body));
}

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

std::string of_size(std::size_t n) {
  return std::string(n, 'x');
}

} // namespace

using front_case = front_test;

TEST_F(front_case, keeps_the_connection_for_more_requests) {
  serve({}, echo);
  client one{port_};
  for (const auto* path : {"/1", "/2", "/3"})
    EXPECT_EQ(one.get(path).body, std::string{"GET "} + path + " ");
}

TEST_F(front_case, answers_pipelined_requests_in_order) {
  serve({}, echo);
  client one{port_};
  std::string all;
  for (int i = 0; i < 1000; ++i)
    all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
  const std::jthread sender{[&] { one.send(all); }};
  for (int i = 0; i < 1000; ++i)
    ASSERT_EQ(one.read().body, "POST /" + std::to_string(i) + " hi");
}

TEST_F(front_case, answers_all_that_was_pipelined_before_the_client_ended_its_side) {
  serve({}, echo);
  std::string all;
  for (int i = 0; i < 100; ++i)
    all += get;
  client one{port_};
  one.send(all).send_end();
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(one.read().status, 200) << i;
  EXPECT_TRUE(one.hung_up());
}

TEST_F(front_case, begins_a_pipelined_request_only_when_the_one_before_is_answered) {
  std::vector<reply> waiting; // loop thread only
  std::atomic<int> asked{0};
  serve({}, [&](const request&, reply give) {
    waiting.push_back(std::move(give));
    ++asked;
  });
  client one{port_};
  one.send(std::string{get} + std::string{get});
  for (int expected = 1; expected <= 2; ++expected) {
    while (asked < expected)
      std::this_thread::yield();
    running_.call([&] {
      EXPECT_EQ(waiting.size(), 1U);
      std::exchange(waiting, {}).front()(text("answered"));
    });
    EXPECT_EQ(one.read().body, "answered");
  }
}

TEST_F(front_case, puts_a_request_together_from_single_bytes) {
  serve({}, echo);
  client one{port_};
  const int on = 1;
  ::setsockopt(one.fd(), SOL_SOCKET, SO_SNDBUF, &on, sizeof on);
  for (char c : std::string{"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"})
    one.send({&c, 1});
  EXPECT_EQ(one.read().body, "POST /x abcde");
}

TEST_F(front_case, closes_when_asked_to) {
  serve({}, echo);
  client one{port_};
  const auto got = one.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").read();
  EXPECT_EQ(got.headers.at("connection"), "close");
  EXPECT_TRUE(one.hung_up());
  client old{port_};
  EXPECT_EQ(old.send("GET / HTTP/1.0\r\n\r\n").read().status, 200);
  EXPECT_TRUE(old.hung_up());
}

TEST_F(front_case, keeps_an_old_client_that_asks_for_it) {
  serve({}, echo);
  client old{port_};
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(
      old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").read().headers.at("connection"),
      "keep-alive");
}

TEST_F(front_case, lets_a_waiting_client_send_its_body) {
  serve({}, echo);
  client one{port_};
  one.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(one.read(true).status, 100);
  EXPECT_EQ(one.send("abc").read().body, "POST / abc");
}

TEST_F(front_case, refuses_a_large_body_before_it_is_sent) {
  serve({}, echo);
  client one{port_};
  one.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n"
           "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(one.read().status, 413);
  EXPECT_TRUE(one.hung_up());
}

TEST_F(front_case, a_refusal_reaches_a_client_that_is_still_sending) {
  front_limits limits;
  limits.body_bytes = 1000;
  serve(limits, echo);
  client one{port_};
  one.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + of_size(300'000));
  EXPECT_EQ(one.read().status, 413);
}

TEST_F(front_case, refuses_too_many_headers) {
  serve({}, echo);
  client one{port_};
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 5000; ++i)
    head += "X-" + std::to_string(i) + ": y\r\n";
  EXPECT_EQ(one.send(head).read().status, 431);
  EXPECT_TRUE(one.hung_up());
}

TEST_F(front_case, refuses_garbage_and_closes) {
  serve({}, echo);
  for (const auto& garbage :
       {std::string{"\x16\x03\x01\x00\xa5\x01", 6}, std::string{"GET\r\n\r\n"},
        std::string(300, '\0'), std::string{"SSH-2.0-OpenSSH_9.2\r\n"}}) {
    client one{port_};
    const auto got = one.send(garbage).read();
    EXPECT_EQ(got.status, 400) << testing::PrintToString(garbage);
    EXPECT_EQ(got.headers.at("connection"), "close");
    EXPECT_TRUE(one.hung_up());
  }
  EXPECT_EQ(client{port_}.get("/").status, 200);
}

TEST_F(front_case, a_request_has_a_deadline_however_it_drips) {
  front_limits limits;
  limits.request_deadline = std::chrono::milliseconds{150};
  serve(limits, echo);
  client slow{port_};
  std::atomic<bool> over{false};
  std::thread drip{[&] {
    slow.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
    while (!over) {
      slow.send("y");
      std::this_thread::sleep_for(std::chrono::milliseconds{10}); // what a slow client does
    }
  }};
  const auto got = slow.read();
  over = true;
  drip.join();
  EXPECT_EQ(got.status, 408);
}

TEST_F(front_case, an_idle_client_is_let_go_without_a_word) {
  front_limits limits;
  limits.idle_deadline = std::chrono::milliseconds{50};
  serve(limits, echo);
  client never_asked{port_};
  client asked{port_};
  EXPECT_EQ(asked.get("/").status, 200);
  EXPECT_TRUE(asked.hung_up());
  EXPECT_TRUE(never_asked.hung_up());
}

TEST_F(front_case, a_full_house_lets_go_who_is_idle_longest) {
  front_limits limits;
  limits.connections = 3;
  serve(limits, echo);
  client oldest{port_};
  EXPECT_EQ(oldest.get("/").status, 200);
  client dripping{port_};
  EXPECT_EQ(dripping.get("/").status, 200);
  dripping.send("GET / HT");
  client third{port_};
  EXPECT_EQ(third.get("/").status, 200);
  EXPECT_EQ(oldest.get("/").status, 200) << "so it is not the oldest any more";

  client fourth{port_};
  EXPECT_EQ(fourth.get("/").status, 200);
  EXPECT_TRUE(dripping.hung_up());
  EXPECT_EQ(third.get("/").status, 200);
  client fifth{port_};
  EXPECT_EQ(fifth.get("/").status, 200);
  EXPECT_TRUE(oldest.hung_up());
}

TEST_F(front_case, a_full_house_keeps_who_waits_for_an_answer) {
  front_limits limits;
  limits.connections = 1;
  reply later; // loop thread only
  std::atomic<bool> asked{false};
  serve(limits, [&](const request&, reply give) {
    later = std::move(give);
    asked = true;
  });
  client first{port_};
  first.send(get);
  while (!asked)
    std::this_thread::yield();
  client second{port_};
  EXPECT_TRUE(second.hung_up());
  running_.call([&] { std::exchange(later, nullptr)(text("late")); });
  EXPECT_EQ(first.read().body, "late");
}

TEST_F(front_case, a_large_answer_reaches_a_slow_reader_whole) {
  const auto shared = std::make_shared<const std::string>(of_size(3'000'000) + "|");
  serve({}, [&](const request&, const reply& give) {
    auto a = text(of_size(2'000'000) + "!");
    a.shared = shared;
    give(std::move(a));
  });
  client one{port_};
  one.send(std::string{get} + std::string{get});
  for (int i = 0; i < 2; ++i) {
    const auto got = one.read();
    ASSERT_EQ(got.body.size(), 5'000'002U);
    EXPECT_EQ(got.body[3'000'000], '|');
    EXPECT_EQ(got.body.back(), '!');
  }
}

TEST_F(front_case, a_reader_that_does_not_read_is_let_go) {
  front_limits limits;
  limits.write_deadline = std::chrono::milliseconds{50};
  serve(limits, [](const request&, const reply& give) { give(text(of_size(50'000'000))); });
  client one{port_};
  one.send(get);
  running_.call([] {}); // the request may or may not be read by now
  client other{port_};
  other.send(get);
  EXPECT_LT(one.read_to_end().size() + other.read_to_end().size(), 100'000'000U)
    << "neither of two lazy readers got all, or the deadline did not hold";
}

TEST_F(front_case, readers_that_do_not_read_share_a_limit) {
  front_limits limits;
  limits.unsent_bytes = 30'000'000;
  std::atomic<int> asked{0};
  serve(limits, [&](const request&, const reply& give) {
    give(text(of_size(20'000'000)));
    ++asked;
  });
  client first{port_};
  first.send(get);
  while (asked < 1)
    std::this_thread::yield();
  client second{port_};
  second.send(get);
  while (asked < 2)
    std::this_thread::yield();
  EXPECT_LT(first.read_to_end().size(), 20'000'000U) << "the slowest goes";
  EXPECT_EQ(second.read().body.size(), 20'000'000U);
}

TEST_F(front_case, streams_a_body_while_it_is_made) {
  std::shared_ptr<stream> open; // loop thread only
  std::atomic<bool> begun{false};
  serve({}, [&](const request&, const reply& give) {
    answer a;
    a.content_type = "text/event-stream";
    a.producer = [&](std::shared_ptr<stream> s) {
      open = std::move(s);
      begun = true;
    };
    give(std::move(a));
  });
  client one{port_};
  const auto head = one.send(get).read();
  EXPECT_EQ(head.headers.at("transfer-encoding"), "chunked");
  while (!begun)
    std::this_thread::yield();
  running_.call([&] {
    EXPECT_TRUE(open->write("hello"));
    EXPECT_TRUE(open->write(""));
    EXPECT_TRUE(open->write(std::string(17, 'x')));
    std::exchange(open, nullptr)->end();
  });
  one.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); // the connection goes on
  while (running_.call([&] { return open == nullptr; }))
    std::this_thread::yield();
  running_.call([&] { std::exchange(open, nullptr)->end(); });
  const auto rest = one.read_to_end();
  EXPECT_EQ(rest.rfind("5\r\nhello\r\n11\r\nxxxxxxxxxxxxxxxxx\r\n0\r\n\r\nHTTP/1.1 200", 0), 0U)
    << rest;
}

TEST_F(front_case, tells_a_stream_that_its_client_has_gone) {
  std::shared_ptr<stream> open; // loop thread only
  std::atomic<bool> begun{false};
  std::atomic<bool> gone{false};
  serve({}, [&](const request&, const reply& give) {
    answer a;
    a.producer = [&](std::shared_ptr<stream> s) {
      open = std::move(s);
      open->on_gone([&] { gone = true; });
      begun = true;
    };
    give(std::move(a));
  });
  {
    client one{port_};
    one.send(get);
    while (!begun)
      std::this_thread::yield();
  }
  while (!gone)
    std::this_thread::yield();
  running_.call([&] {
    EXPECT_FALSE(open->write("x"));
    open.reset();
  });
}

TEST_F(front_case, a_stream_breaks_off_from_a_reader_that_falls_behind) {
  std::shared_ptr<stream> open; // loop thread only
  std::atomic<bool> begun{false};
  serve({}, [&](const request&, const reply& give) {
    answer a;
    a.producer = [&](std::shared_ptr<stream> s) {
      open = std::move(s);
      begun = true;
    };
    give(std::move(a));
  });
  client one{port_};
  one.send(get);
  while (!begun)
    std::this_thread::yield();
  const bool refused = running_.call([&] {
    for (int i = 0; i < 10'000; ++i)
      if (!open->write(of_size(10'000)))
        return true;
    return false;
  });
  EXPECT_TRUE(refused) << "100 MB were taken for a client that read nothing";
  running_.call([&] { open.reset(); });
}

TEST_F(front_case, a_stream_let_go_of_does_not_look_complete) {
  serve({}, [&](const request&, const reply& give) {
    answer a;
    a.producer = [](const std::shared_ptr<stream>& s) { s->write("half"); };
    give(std::move(a));
  });
  client one{port_};
  const auto all = one.send(get).read_to_end();
  EXPECT_EQ(all.find("0\r\n\r\n"), std::string::npos) << all;
}

TEST_F(front_case, makes_an_endless_body_only_as_it_is_taken) {
  auto token = std::make_shared<int>();
  const std::weak_ptr<int> still_made = token;
  serve({}, [&](const request& r, const reply& give) {
    if (!token)
      return echo(r, give);
    answer a;
    a.parts = [kept = std::move(token)] { return std::string(50'000, 'x'); };
    give(std::move(a));
  });
  {
    client one{port_};
    EXPECT_EQ(one.send(get).read().status, 200);
    EXPECT_EQ(client{port_}.get("/").status, 200);
    EXPECT_FALSE(still_made.expired());
  }
  while (!still_made.expired())
    std::this_thread::yield();
}

TEST_F(front_case, survives_thousands_that_connect_and_leave) {
  serve({}, echo);
  for (int i = 0; i < 2000; ++i) {
    client one{port_};
    if (i % 2 == 0)
      one.send("GET / HTTP/1.1\r\nHo");
    if (i % 3 == 0)
      one.reset();
  }
  EXPECT_EQ(client{port_}.get("/").status, 200);
}

} // namespace reeve::http
