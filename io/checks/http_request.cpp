#include "io/checks/http_request.hpp"

#include "io/net/answer_headers.hpp"
#include "io/net/web_url.hpp"

#include <string>

namespace reeve::io {

namespace {

using header_list = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

header_list make_headers(const http_check& what) {
  curl_slist* list = nullptr;
  bool has_host = what.tls.server_name.empty();
  for (const auto& [name, value] : what.headers) {
    list = curl_slist_append(list, (value.empty() ? name + ";" : name + ": " + value).c_str());
    has_host = has_host || same_header(name, "host");
  }
  if (const auto url = parse_web_url(what.url); !has_host && url) // the URL's, not TLS'
    list = curl_slist_append(list, ("Host: " + authority_of(*url)).c_str());
  if (!what.body.empty())
    list = curl_slist_append(list, "Expect:"); // do not wait for a "100 Continue"
  return {list, &curl_slist_free_all};
}

} // namespace

http_request::http_request(const http_check& what) : headers{make_headers(what)}, route{what} {
}

void set_method(CURL* easy, const http_check& what, const http_request& how) {
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, how.headers.get());
  if (what.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (!what.body.empty() || what.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, what.body.c_str());
  }
  if (what.method != "GET" || !what.body.empty())
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, what.method.c_str());
}

} // namespace reeve::io
