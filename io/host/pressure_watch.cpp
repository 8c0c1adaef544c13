#include "io/host/pressure_watch.hpp"

#include "io/loop/loop.hpp"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <utility>

namespace reeve::io {

namespace {

constexpr std::chrono::milliseconds look_every{2'000};

std::optional<double> read(const std::string& file) {
  std::ifstream in{file};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  return read_pressure(text);
}

} // namespace

host_pressure pressure_now(const std::string& folder) {
  return {read(folder + "/cpu"), read(folder + "/memory"), read(folder + "/io")};
}

struct pressure_watch::state : std::enable_shared_from_this<state> {
  state(loop& l, pressure_limits of, told t, std::string where)
      : home{l}, limits{of}, tell{std::move(t)}, folder{std::move(where)} {
  }

  void look();
  void hear(const host_pressure& now);

  loop& home;
  pressure_limits limits;
  told tell;
  std::string folder;
  loop::timer_id timer = 0;
};

void pressure_watch::state::look() {
  const auto found = std::make_shared<host_pressure>();
  home.in_background(
    "pressure", [found, at = folder] { *found = pressure_now(at); },
    [found, weak = weak_from_this()] {
      if (const auto self = weak.lock())
        self->hear(*found);
    });
}

void pressure_watch::state::hear(const host_pressure& now) {
  timer = home.call_after(look_every, [this] { look(); });
  tell(too_much_pressure(limits, now));
}

pressure_watch::pressure_watch(loop& l, pressure_limits limits, told tell, std::string folder)
    : state_{std::make_shared<state>(l, limits, std::move(tell), std::move(folder))} {
  state_->look();
}

pressure_watch::~pressure_watch() {
  state_->home.cancel(state_->timer);
}

bool tells_pressure(const std::string& folder) {
  return access((folder + "/cpu").c_str(), R_OK) == 0;
}

} // namespace reeve::io
