#include "http/pages/token_file.hpp"

#include "io/loop/loop.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace reeve::http {

namespace {

std::string first_line(std::string_view text) {
  text = text.substr(0, text.find_first_of("\r\n"));
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return std::string{text.substr(first, text.find_last_not_of(" \t") - first + 1)};
}

} // namespace

result<std::string> read_token(const std::string& file) {
  const auto failed = [&](int why) {
    return error{"cannot read a token from '" + file
                 + "': " + std::generic_category().message(why)};
  };
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return failed(errno);
  std::array<char, 4096> text{};
  const auto n = ::read(fd, text.data(), text.size());
  const int why = errno;
  ::close(fd);
  if (n < 0)
    return failed(why);
  auto token = first_line({text.data(), static_cast<std::size_t>(n)});
  if (token.empty())
    return error{"there is no token in the first line of '" + file + "'"};
  return token;
}

struct token_file::state : std::enable_shared_from_this<state> {
  // One who asked: told once, by the reading or by the end of its patience.
  struct one {
    told then;
    std::uint64_t timer = 0;
  };
  using asking = std::shared_ptr<one>;

  void ask(told then);
  void begin();
  void finish(const result<std::string>& token);
  static void tell(one& who, const result<std::string>& token) {
    if (const auto then = std::exchange(who.then, nullptr))
      then(token);
  }

  std::mutex lock; // of `loop`, which is null once the owner is gone
  io::loop* loop = nullptr;

  // The loop's alone.
  std::string file;
  std::chrono::milliseconds patience{0};
  bool reading = false;
  std::vector<asking> current; ///< told by the reading that is under way
  std::vector<asking> next;    ///< they asked after it began
};

void token_file::state::ask(told then) {
  const auto who = std::make_shared<one>();
  who->then = std::move(then);
  who->timer = loop->call_after(patience, [who, self = weak_from_this()] {
    if (const auto s = self.lock())
      tell(*who, error{"'" + s->file + "' cannot be read: its file system does not answer"});
  });
  std::erase_if(next, [](const asking& a) { return a->then == nullptr; });
  next.push_back(who);
  if (!reading)
    begin();
}

void token_file::state::begin() {
  reading = true;
  current = std::exchange(next, {});
  const auto post = [self = shared_from_this()](result<std::string> token) {
    const std::lock_guard guard{self->lock};
    if (self->loop != nullptr)
      self->loop->post([self, token = std::move(token)] { self->finish(token); });
  };
  try {
    std::thread{[file = file, post] { post(read_token(file)); }}.detach();
  } catch (const std::system_error& no_thread) {
    post(error{"cannot read '" + file + "': " + no_thread.code().message()});
  }
}

void token_file::state::finish(const result<std::string>& token) {
  if (loop == nullptr)
    return;
  reading = false;
  const auto waited = std::exchange(current, {});
  if (!next.empty())
    begin();
  for (const auto& who : waited)
    loop->cancel(who->timer);
  for (const auto& who : waited)
    tell(*who, token);
}

token_file::token_file(io::loop& l, std::string file, std::chrono::milliseconds patience)
    : state_{std::make_shared<state>()} {
  state_->loop = &l;
  state_->file = std::move(file);
  state_->patience = patience;
}

token_file::~token_file() {
  const std::lock_guard guard{state_->lock};
  for (auto* list : {&state_->current, &state_->next})
    for (const auto& who : *list) {
      state_->loop->cancel(who->timer);
      who->then = nullptr;
    }
  state_->loop = nullptr;
}

void token_file::read(told then) {
  state_->ask(std::move(then));
}

} // namespace reeve::http
