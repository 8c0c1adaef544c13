#include "http/server.hpp"

#include "http/front/front.hpp"
#include "http/pages/guard.hpp"
#include "http/pages/router.hpp"
#include "http/pages/routes.hpp"

#include <utility>

namespace reeve::http {

struct server::state {
  server_spec spec;
  std::shared_ptr<const hooks> from;
  router pages;
  front clients; // last: closes first

  state(io::loop& l, server_spec s, hooks h, front_limits limits)
      : spec{std::move(s)}, from{std::make_shared<const hooks>(std::move(h))},
        clients{l, limits,
                [this](const request& r, reply give) { pages.route(r, std::move(give)); },
                from->answered} {
    add_routes(pages, from, spec, std::make_shared<guard>(l, spec));
  }
};

server::server(io::loop& l, server_spec spec, hooks h, front_limits limits)
    : state_{std::make_unique<state>(l, std::move(spec), std::move(h), limits)} {
}

server::~server() = default;

status server::listen() {
  return state_->clients.listen(state_->spec.listen);
}

std::vector<listen_address> server::addresses() const {
  return state_->clients.addresses();
}

void server::stop_listening() {
  state_->clients.stop_listening();
}

} // namespace reeve::http
