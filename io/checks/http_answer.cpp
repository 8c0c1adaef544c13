#include "io/checks/http_answer.hpp"

#include <algorithm>

namespace reeve::io {

namespace {

using kind = check_outcome::kind;

constexpr std::size_t least_body_read = 64 * 1'024; // breaking off sooner would be rude

} // namespace

http_answer::http_answer(const reply_body& rules, const std::vector<std::string>& wanted_headers)
    : rules_{&rules}, wanted_{&wanted_headers}, headers_{wanted_headers} {
}

void http_answer::answer_begins() {
  headers_.forget();
}

void http_answer::header_came(std::string_view name, std::string_view value) {
  headers_.take(name, value);
}

bool http_answer::headers_ended(int status) {
  status_ = status;
  return true;
}

bool http_answer::body_came(std::string_view part) {
  const auto most = rules_->most_kept();
  body_bytes_ += part.size();
  is_enough_ = body_bytes_ >= std::max(least_body_read, most);
  if (!coding_)
    coding_.emplace(headers_.value("content-encoding").value_or(""));
  if (!coding_->unreadable().empty()) {
    if (rules_->asks())
      refused_ = {kind::not_run,
                  {},
                  "the answer is coded as '" + coding_->unreadable()
                    + "', which Reeve cannot read; ask for another coding by the header "
                      "Accept-Encoding, such as gzip"};
  } else if (!coding_->take(part, body_, most)) {
    refused_ = {kind::failed,
                {},
                "the answer's body is not " + coding_->name() + ", as its Content-Encoding says"};
  }
  return !refused_ && !is_enough_;
}

std::optional<check_outcome> http_answer::problem() const {
  const bool ended = coding_ && coding_->unreadable().empty() && !is_enough_;
  if (!refused_ && ended && !coding_->complete() && body_.size() < rules_->most_kept())
    return check_outcome{kind::failed, {}, "the answer's " + coding_->name() + " is cut off"};
  return refused_;
}

void http_answer::extract(reply& found) const {
  found.status = status_;
  for (const auto& name : *wanted_)
    found.headers.push_back(headers_.value(name));
  rules_->extract(body_, found);
}

} // namespace reeve::io
