#include "io/loop/poll_watch.hpp"

#include "io/loop/loop.hpp"
#include "io/loop/poll_set.hpp"

#include <utility>

namespace reeve::io {

poll_watch::poll_watch(loop& l, int fd, events wanted, std::function<void(events)> ready)
    : set_{l.polls()}, id_{l.polls() ? l.polls()->add(fd, std::move(ready)) : 0} {
  want(wanted);
}

poll_watch::~poll_watch() {
  if (const auto set = set_.lock())
    set->remove(id_);
}

void poll_watch::want(events wanted) {
  if (const auto set = set_.lock())
    set->want(id_, wanted);
}

} // namespace reeve::io
