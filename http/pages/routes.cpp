#include "http/pages/routes.hpp"

#include "http/pages/json_text.hpp"
#include "http/pages/pages.hpp"
#include "supervisor/text.hpp"

#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace reeve::http {

namespace {

// Held by the handlers, which go with the server; callbacks hold it weakly.
using hooks_ptr = std::shared_ptr<const hooks>;

answer json_answer(std::string body, int status = 200) {
  answer a;
  a.status = status;
  a.body = std::move(body);
  return a;
}

answer no_such(const std::string& noun, const std::string& name,
               const std::vector<std::string>& candidates) {
  return error_answer(404, "not_found",
                      "no " + noun + " '" + name + "'" + did_you_mean(name, candidates));
}

answer no_such_service(const std::string& name, const snapshot_ptr& now) {
  std::vector<std::string> names;
  for (std::size_t i = 0; now && i < now->size(); ++i)
    names.push_back(now->at(i).name);
  return no_such("service", name, names);
}

void add_daemon_pages(router& to, const hooks_ptr& from) {
  to.add("GET", "/livez", [from](const request&, const router::parts&, reply give) {
    from->alive([give = std::move(give)](bool alive) {
      give(alive ? json_answer(R"({"status":"alive"})")
                 : error_answer(503, "not_alive", "the daemon's actors do not answer"));
    });
  });
  to.add("GET", "/readyz", [from](const request&, const router::parts&, const reply& give) {
    auto a = from->ready()
               ? json_answer(R"({"status":"ready"})")
               : error_answer(503, "not_ready", "not every service has had its first verdict yet");
    if (const auto trouble = from->storage_trouble ? from->storage_trouble() : ""; !trouble.empty())
      a.body.insert(a.body.size() - 1,
                    ",\"state\":" + quote("not kept: " + one_line(trouble, 1'000)));
    give(std::move(a));
  });
  to.add("GET", "/metrics", [from](const request&, const router::parts&, const reply& give) {
    answer a;
    a.content_type = "text/plain; version=0.0.4; charset=utf-8";
    a.parts = from->metrics_text();
    give(std::move(a));
  });
}

void add_health_pages(router& to, const hooks_ptr& from, const server_spec& spec) {
  const auto page = std::make_shared<health_page>(spec.fail_on);
  to.add("GET", "/health", [from, page](const request&, const router::parts&, const reply& give) {
    give(page->show(from->snapshot()));
  });
  to.add("GET", "/health/{group}",
         [from, page](const request&, const router::parts& parts, const reply& give) {
           if (const auto members = members_of(parts[0], *from))
             give(page->show(from->snapshot(), *members));
           else
             give(no_such("group", parts[0], group_names(*from)));
         });
}

void add_api_pages(router& to, const hooks_ptr& from) {
  const auto list = std::make_shared<service_list_page>();
  to.add("GET", "/api/v1/services",
         [from, list](const request&, const router::parts&, const reply& give) {
           give(list->show(from->snapshot()));
         });
  for (const auto& [path, text] : {std::pair{"/api/v1/services/{name}", &service_text},
                                   std::pair{"/api/v1/services/{name}/decisions", &decisions_text}})
    to.add("GET", path,
           [from, show = text](const request&, const router::parts& parts, const reply& give) {
             const auto now = from->snapshot();
             const auto service = now ? now->find(parts[0]) : nullptr;
             give(service ? json_answer(show(*service)) : no_such_service(parts[0], now));
           });
  to.add("GET", "/api/v1/tree", [from](const request&, const router::parts&, reply give) {
    from->tree([late = std::weak_ptr{from}, give = std::move(give)](const tree_view& tree) {
      if (const auto still = late.lock())
        give(json_answer(tree_text(tree, still->snapshot())));
    });
  });
}

answer answer_to_order(const std::string& name, order o, const order_reply& said,
                       const snapshot_ptr& now) {
  switch (said.what) {
  case order_answer::accepted:
    return json_answer("{\"service\":" + quote(name) + ",\"order\":" + quote(to_string(o))
                         + ",\"status\":\"accepted\"}",
                       202);
  case order_answer::refused:
    return error_answer(409, "conflict", said.message);
  case order_answer::no_such_service:
    break;
  }
  return no_such_service(name, now);
}

void pass_on(const hooks_ptr& from, const std::string& name, order o, const reply& give) {
  from->give_order(name, o, [late = std::weak_ptr{from}, name, o, give](const order_reply& said) {
    if (const auto still = late.lock())
      give(answer_to_order(name, o, said, still->snapshot()));
  });
}

void add_orders(router& to, const hooks_ptr& from, const std::shared_ptr<guard>& gate) {
  for (auto o : {order::restart, order::stop, order::start, order::pause, order::resume})
    to.add("POST", "/api/v1/services/{name}/" + std::string{to_string(o)},
           [from, gate, o](const request& r, const router::parts& parts, reply give) {
             gate->admit(r, [late = std::weak_ptr{from}, name = parts[0], o,
                             give = std::move(give)](std::optional<answer> refused) {
               if (refused)
                 give(std::move(*refused));
               else if (const auto still = late.lock())
                 pass_on(still, name, o, give);
             });
           });
}

constexpr std::size_t longest_message = 1'024;

answer take_push(const hooks& from, const std::string& token, push_signal signal,
                 const request& r) {
  signal.message = one_line(r.body, longest_message);
  if (!from.push || !from.push(token, signal))
    return error_answer(404, "not_found", "no push check has this token");
  return json_answer(R"({"status":"received"})");
}

/// 0 to 255, as a shell's `$?`.
std::optional<int> exit_code(const std::string& text) {
  int code = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, code);
  if (parsed.ec != std::errc{} || parsed.ptr != end || code < 0 || code > 255)
    return std::nullopt;
  return code;
}

/// No guard: whoever knows a token may use it, from wherever it is.
void add_pushes(router& to, const hooks_ptr& from) {
  using kind = push_signal::kind;
  const std::string page = "/api/v1/push/{token}";
  for (const auto& [path, what] : {std::pair{page, kind::success},
                                   {page + "/start", kind::start},
                                   {page + "/fail", kind::failure}})
    to.add("POST", path,
           [from, told = what](const request& r, const router::parts& parts, const reply& give) {
             give(take_push(*from, parts[0], {told}, r));
           });
  to.add("POST", page + "/{code}",
         [from](const request& r, const router::parts& parts, const reply& give) {
           const auto code = exit_code(parts[1]);
           if (!code)
             return give(error_answer(404, "not_found",
                                      "after the token comes nothing, 'start', 'fail' or an exit "
                                      "code from 0 to 255"));
           const auto what = *code == 0 ? kind::success : kind::failure;
           give(take_push(*from, parts[0], {what, code}, r));
         });
}

} // namespace

void add_routes(router& to, const hooks_ptr& from, const server_spec& spec,
                const std::shared_ptr<guard>& gate) {
  add_health_pages(to, from, spec); // first: asked most often
  add_daemon_pages(to, from);
  add_api_pages(to, from);
  add_orders(to, from, gate);
  add_pushes(to, from);
}

} // namespace reeve::http
