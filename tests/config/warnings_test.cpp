#include "tests/config/fixture.hpp"

namespace reeve::config {
namespace {

std::string warnings(const std::string& text) {
  return lines(good(text).warnings);
}

std::string of_restart(const std::string& restart) {
  return warnings("services:\n  web:\n    check: tcp://a:1\n    restart: " + restart + "\n");
}

// Services restarted with these backoffs, in a tree with this intensity.
std::string of_intensity(const std::string& intensity, const std::vector<std::string>& restarts) {
  std::string text = "tree: {intensity: " + intensity + "}\nservices:\n";
  for (const auto& r : restarts)
    text += "  s" + std::to_string(text.size()) + ": {restart: {docker: a, " + r + "}}\n";
  return warnings(text);
}

TEST(intensity, that_the_backoff_cannot_exhaust_is_warned_of) {
  EXPECT_EQ(of_intensity("{restarts: 5, within: 10s}", {"backoff: {initial: 1s, factor: 2}"}),
            "reeve.yaml:1:19: tree.intensity: can never be exhausted: that takes 6 failures within "
            "10s, and the backoff leaves room for 4 (its delays are 1s, 2s, 4s, 8s)\n");
}

TEST(intensity, that_the_backoff_can_just_exhaust_is_not_warned_of) {
  EXPECT_EQ(of_intensity("{restarts: 3, within: 7s}", {"backoff: {initial: 1s, factor: 2}"}), "");
  EXPECT_NE(of_intensity("{restarts: 3, within: 6s}", {"backoff: {initial: 1s, factor: 2}"}), "");
}

TEST(intensity, can_be_exhausted_by_several_services_together) {
  const std::string slow = "backoff: {initial: 10s}";
  EXPECT_EQ(of_intensity("{restarts: 1, within: 5s}", {slow, slow}), "");
  EXPECT_EQ(of_intensity("{restarts: 2, within: 5s}", {slow, slow}),
            "reeve.yaml:1:19: tree.intensity: can never be exhausted: that takes 3 failures within "
            "5s, and the backoff leaves room for 2 of its 2 services together\n");
}

TEST(intensity, can_be_exhausted_after_runs_that_reset_the_backoff) {
  // Delays grow to 1 h, but a run of 1 s resets them: 1 s + 1 s each time.
  const std::string reset = "reset_after: 1s, backoff: {initial: 1s, factor: 100, max: 1h}";
  EXPECT_EQ(of_intensity("{restarts: 5, within: 10s}", {reset}), "");
  EXPECT_NE(of_intensity("{restarts: 5, within: 8s}", {reset}), "");
}

TEST(intensity, is_always_exhausted_without_backoff) {
  EXPECT_EQ(of_intensity("{restarts: 99, within: 1ms}", {"backoff: none"}), "");
}

TEST(intensity, of_a_group_that_restarts_nothing_is_warned_of) {
  const auto* said = "reeve.yaml:1:19: tree.intensity: has no effect: nothing directly in this "
                     "group is ever restarted\n";
  EXPECT_EQ(warnings("tree: {intensity: {restarts: 1}}\nservices: {a: {check: tcp://a:1}}"), said);
  EXPECT_EQ(of_intensity("{restarts: 1}", {"type: temporary"}), said);
}

TEST(intensity, of_a_group_with_groups_is_left_alone) {
  EXPECT_EQ(warnings("tree: {intensity: {within: 1s}, children: [{group: g, on_exhausted: "
                     "escalate, children: [a]}]}\nservices: {a: {restart: docker://a}}"),
            "");
}

TEST(intensity, of_a_group_whose_groups_never_fail_in_it_is_warned_of) {
  EXPECT_EQ(
    warnings("tree: {intensity: {within: 1s}, children: [{group: g, children: [a]}]}\n"
             "services: {a: {restart: docker://a}}"),
    "reeve.yaml:1:19: tree.intensity: has no effect: nothing directly in this group is ever "
    "restarted; groups do not inherit it, write it at each\n");
}

std::string of_windows(const std::string& tree, const std::string& a,
                       const std::string& defaults = "{}") {
  return warnings("defaults: {restart: " + defaults + "}\nservices: {a: {restart: {docker: a, " + a
                  + "}}}\ntree: " + tree + "\n");
}

TEST(intensity, of_a_service_that_its_groups_replaces_is_warned_of) {
  const std::string own = "intensity: {restarts: 3}";
  EXPECT_EQ(of_windows("{}", own), "");
  EXPECT_EQ(of_windows("{intensity: {restarts: 5}}", own),
            "reeve.yaml:2:48: services.a.restart.intensity: has no effect: in group 'root' all "
            "members are counted together, because it has an 'intensity' of its own\n");
  EXPECT_EQ(
    of_windows("{children: [{group: g, strategy: one_for_all, children: [a]}]}", own),
    "reeve.yaml:2:48: services.a.restart.intensity: has no effect: in group 'g' all members "
    "are counted together, because its strategy is one_for_all; write 'intensity' there\n");
}

TEST(intensity, of_the_defaults_that_nobody_has_is_warned_of) {
  const std::string own = "intensity: {restarts: 3}";
  EXPECT_EQ(of_windows("{}", "type: transient", "{" + own + "}"), "");
  EXPECT_EQ(of_windows("{}", own, "{" + own + "}"), "") << "of the root, if a group fails in it";
  EXPECT_EQ(of_windows("{" + own + "}", "type: transient", "{" + own + "}"),
            "reeve.yaml:1:33: defaults.restart.intensity: has no effect: every service and every "
            "group has another\n");
}

TEST(intensity, of_a_service_that_its_backoff_cannot_exhaust_is_warned_of) {
  const std::string slow = "backoff: {initial: 10s}";
  EXPECT_EQ(of_windows("{}", slow + ", intensity: {restarts: 1, within: 5s}"),
            "reeve.yaml:2:73: services.a.restart.intensity: can never be exhausted: that takes 2 "
            "failures within 5s, and the backoff leaves room for 1 (its delays are 10s)\n");
  EXPECT_EQ(of_windows("{}", slow, "{intensity: {restarts: 1, within: 5s}}"),
            "reeve.yaml:1:33: defaults.restart.intensity: for 'a': can never be exhausted: that "
            "takes 2 failures within 5s, and the backoff leaves room for 1 (its delays are 10s)\n");
}

TEST(intensity, that_nobody_wrote_is_left_alone) {
  EXPECT_EQ(of_restart("{docker: web, backoff: {initial: 1h, max: 1h}}"), "");
}

// A service that is restarted at once, and checked every 500ms for up to 400ms.
std::string of_hanging(const std::string& restart, const std::string& tree = "{}",
                       const std::string& check = "interval: 500ms, timeout: 400ms") {
  return warnings("tree: " + tree + "\nservices: {a: {check: {tcp: tcp://a:1, " + check
                  + "}, process: {command: [a]}, restart: {backoff: none, " + restart + "}}}\n");
}

TEST(intensity, that_what_hangs_cannot_exhaust_is_warned_of) {
  const std::string numbers =
    "can never be exhausted by a service that hangs, which is restarted for ever then: that takes "
    "3 "
    "failures within 6s, and each takes up to 4s to stop (stop_timeout) and 1s500ms to be found "
    "unhealthy (3 runs, timeout 400ms), which leaves room for 2\n";
  EXPECT_EQ(of_hanging("stop_timeout: 4s", "{intensity: {restarts: 2, within: 6s}}"),
            "reeve.yaml:1:19: tree.intensity: " + numbers);
  EXPECT_EQ(of_hanging("stop_timeout: 4s, intensity: {restarts: 2, within: 6s}"),
            "reeve.yaml:2:153: services.a.restart.intensity: " + numbers);
}

TEST(intensity, that_what_hangs_can_just_exhaust_is_not_warned_of) {
  EXPECT_EQ(of_hanging("stop_timeout: 4s, intensity: {restarts: 2, within: 11s}"), "");
  EXPECT_NE(of_hanging("stop_timeout: 4s, intensity: {restarts: 2, within: 10999ms}"), "");
  EXPECT_EQ(of_hanging("stop_timeout: 0s, intensity: {restarts: 2, within: 3s}"), "");
}

TEST(intensity, that_a_slow_check_or_start_makes_void_is_warned_of) {
  const std::string limit = "stop_timeout: 1s, intensity: {restarts: 2, within: 1m}";
  EXPECT_EQ(of_hanging(limit, "{}", "interval: 30s, timeout: 9s"), "");
  EXPECT_NE(of_hanging(limit, "{}", "interval: 30s, timeout: 10s"), "");
  EXPECT_EQ(of_hanging(limit, "{}", "interval: 30s, timeout: 10s, unhealthy_after: 2"), "");
  EXPECT_NE(of_hanging(limit, "{}", "start_period: 30s"), "");
  EXPECT_EQ(of_hanging(limit, "{}", "start_period: 30s, role: readiness"), "")
    << "that restarts nothing";
}

TEST(intensity, that_nobody_wrote_is_made_void_by_a_stop_timeout) {
  EXPECT_EQ(of_hanging("stop_timeout: 1m"), "");
  EXPECT_NE(of_hanging("stop_timeout: 3m")
              .find("services.a.restart.stop_timeout: with it the "
                    "intensity can never be exhausted by a service"),
            std::string::npos);
}

TEST(intensity, of_a_service_that_nothing_finds_hanging_is_left_alone) {
  EXPECT_EQ(warnings("services: {a: {process: {command: [a]}, restart: {stop_timeout: 1h, "
                     "intensity: {restarts: 5, within: 1m}}}}"),
            "");
}

TEST(clean_exit, that_is_uncounted_of_what_is_not_permanent_is_warned_of) {
  EXPECT_EQ(of_restart("{docker: web, type: transient, clean_exit: uncounted}"),
            "reeve.yaml:4:57: services.web.restart.clean_exit: has no effect: after a clean exit a "
            "transient service is not restarted\n");
  EXPECT_EQ(of_restart("{docker: web, clean_exit: uncounted}"), "");
}

const std::string five_restarts = "restart: {intensity: {restarts: 5, within: 10m}}";

// A ladder of three remedies for `web`; `more` stands before its services. Five restarts in
// 10 minutes unless that says otherwise.
std::string of_ladder(const std::string& attempts, const std::string& more,
                      const std::string& backoff = "{initial: 1s, factor: 2}") {
  const bool is_told = more.find("intensity") != std::string::npos;
  return warnings(more + "\nservices:\n  web:\n    restart:\n      - {docker: web, " + attempts
                  + ", backoff: " + backoff
                  + "}\n      - {exec: [a], attempts: 3}\n      - {exec: [b]}\n"
                  + (is_told ? "" : "defaults: {" + five_restarts + "}\n"));
}

TEST(a_ladder, whose_remedies_the_intensity_forestalls_is_warned_of) {
  EXPECT_EQ(
    of_ladder("attempts: 2", ""),
    "reeve.yaml:7:9: services.web.restart[2]: is never tried while the service fails right "
    "after each start: the remedies before it take 5 restarts, and its intensity allows no more "
    "than 5 within 10m\n");
  EXPECT_EQ(
    of_ladder("attempts: 7", ""),
    "reeve.yaml:6:9: services.web.restart[1]: is never tried while the service fails right "
    "after each start: the remedies before it take 7 restarts, and its intensity allows no more "
    "than 5 within 10m\n")
    << "the first of them is enough";
  EXPECT_EQ(
    of_ladder("attempts: 1", "tree: {intensity: {restarts: 1}}"),
    "reeve.yaml:6:9: services.web.restart[1]: is never tried while the service fails right "
    "after each start: the remedies before it take 1 restart, and group 'root' allows no more "
    "than 1 within 30m\n");
}

TEST(a_ladder, all_of_which_is_tried_is_not_warned_of) {
  EXPECT_EQ(of_ladder("attempts: 1", ""), "");
  EXPECT_EQ(of_ladder("attempts: 2", "tree: {intensity: {restarts: 6}}"), "");
}

TEST(a_ladder, whose_restarts_may_not_fall_into_one_window_is_not_warned_of) {
  // 4 restarts: 1 + 2 + 4 + 8 s, and up to a fifth more.
  EXPECT_NE(of_ladder("attempts: 2", "tree: {intensity: {restarts: 4, within: 18s}}"), "");
  EXPECT_EQ(of_ladder("attempts: 2", "tree: {intensity: {restarts: 4, within: 17s}}"), "");
  EXPECT_EQ(
    of_ladder("attempts: 2", "defaults: {check: {start_period: 3m}, " + five_restarts + "}"),
    of_ladder("attempts: 2", ""))
    << "nothing checks it";
  const auto said =
    warnings("services: {web: {check: {tcp: tcp://a:1, start_period: 3m}, restart: "
             "[{docker: a, attempts: 5, intensity: {restarts: 5, within: 10m}}, {docker: b}]}}");
  EXPECT_EQ(said.find("attempts"), std::string::npos) << said;
  EXPECT_NE(said.find("can never be exhausted by a service that hangs"), std::string::npos) << said;
}

TEST(a_ladder, goes_on_when_its_group_is_restarted_by_the_parent) {
  const std::string group = "children: [{group: g, children: [web]";
  EXPECT_NE(of_ladder("attempts: 2", "tree: {" + group + "}]}"), "");
  EXPECT_EQ(of_ladder("attempts: 2", "tree: {" + group + ", on_exhausted: escalate}]}"), "");
}

TEST(restart_options, without_a_target_are_warned_of) {
  EXPECT_EQ(of_restart("{type: transient}"),
            "reeve.yaml:4:14: services.web.restart: has no effect: there is nothing to restart; "
            "add 'process', or 'docker' or 'exec' here\n");
}

TEST(restart_options, of_a_process_have_their_target) {
  EXPECT_EQ(warnings("services: {a: {process: {command: [a]}, restart: {type: transient}}}"), "");
}

TEST(reset_after, shorter_than_the_first_delay_is_warned_of) {
  EXPECT_EQ(of_restart("{docker: web, reset_after: 1s, backoff: {initial: 10s}}"),
            "reeve.yaml:4:41: services.web.restart.reset_after: 1s is shorter than the first "
            "delay, 10s: a service that lives a little longer than it is restarted for ever "
            "without backing off\n");
  EXPECT_EQ(of_restart("{docker: web, reset_after: 10s, backoff: {initial: 10s}}"), "");
}

TEST(reset_after, of_no_backoff_is_warned_of) {
  EXPECT_EQ(of_restart("{docker: web, reset_after: 1s, backoff: none}"),
            "reeve.yaml:4:41: services.web.restart.reset_after: has no effect: 'backoff: none' has "
            "nothing to reset\n");
}

TEST(latency, that_the_timeout_forestalls_is_warned_of) {
  const auto of_latency = [](const std::string& limits) {
    return warnings("services:\n  web:\n    check:\n      tcp: tcp://a:1\n      timeout: 2s\n"
                    "      expect: {latency: "
                    + limits + "}\n");
  };
  EXPECT_EQ(of_latency("{degraded: 1s, unhealthy: 2s}"),
            "reeve.yaml:6:25: services.web.check.expect.latency: 2s can never be reached: the "
            "check has failed by then, its timeout is 2s\n");
  EXPECT_EQ(of_latency("{degraded: 1s, unhealthy: 1999ms}"), "");
}

TEST(healthy_after, of_a_check_that_tells_facts_is_warned_of) {
  EXPECT_EQ(warnings("services: {a: {check: {docker: a, healthy_after: 2}}}"),
            "reeve.yaml:1:50: services.a.check.healthy_after: has no effect: what a docker check "
            "tells is a fact, and counts at once\n");
  EXPECT_EQ(warnings("services: {a: {check: {tcp: tcp://a:1, healthy_after: 2}}}"), "");
}

TEST(orders, of_none_are_warned_of_beside_a_token) {
  const auto of_server = [](const std::string& text) {
    return warnings("services: {a: {check: tcp://a:1}}\nserver: {" + text + "}\n");
  };
  EXPECT_EQ(
    of_server("token_file: /t, orders: none"),
    "reeve.yaml:2:34: server.orders: 'none' takes no orders at all: server.token_file has no "
    "effect\n");
  EXPECT_EQ(of_server("orders: none"), "");
  EXPECT_EQ(of_server("token_file: /t, orders: token"), "");
}

TEST(tls, of_an_http_url_is_warned_of) {
  EXPECT_EQ(warnings("services: {a: {check: {http: http://a/, tls: {verify: false}}}}"),
            "reeve.yaml:1:46: services.a.check.tls: has no effect on an http:// URL\n");
  EXPECT_EQ(
    warnings("services: {a: {check: {http: http://a/, redirects: 1, tls: {verify: false}}}}"), "");
}

TEST(depends_on, of_a_process_that_is_started_later_is_warned_of) {
  const std::string web = "  web: {process: {command: [web]}, depends_on: [db]}\n";
  const std::string db = "  db: {process: {command: [db]}}\n";
  EXPECT_EQ(warnings("services:\n" + web + db),
            "reeve.yaml:2:49: services.web.depends_on[0]: 'db' is started after 'web': processes "
            "start in the order of 'tree.children', else of the file\n");
  EXPECT_EQ(warnings("services:\n" + db + web), "");
  EXPECT_EQ(warnings("services:\n" + web + db + "tree: {children: [db, web]}\n"), "");
  EXPECT_EQ(
    warnings("services:\n" + web + db + "tree: {children: [{group: data, children: [db]}, web]}\n"),
    "");
  EXPECT_NE(warnings("services:\n" + db + web + "tree: {children: [web, db]}\n"), "");
  EXPECT_EQ(warnings("services:\n" + web + "  db: {check: tcp://a:1, restart: docker://db}\n"), "")
    << "a container is not started with Reeve";
}

TEST(kept_connections, of_a_check_that_follows_redirects_are_warned_of) {
  const auto of_check = [](const std::string& options) {
    return warnings("services: {a: {check: {http: http://a/, " + options + "}}}");
  };
  EXPECT_EQ(of_check("connection: kept, redirects: 3"),
            "reeve.yaml:1:53: services.a.check.connection: has no effect: a check that follows "
            "redirects keeps no connection\n");
  EXPECT_EQ(of_check("connection: kept"), "");
  EXPECT_EQ(of_check("connection: fresh, redirects: 3"), "");
}

} // namespace
} // namespace reeve::config
