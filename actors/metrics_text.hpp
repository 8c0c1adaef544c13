#pragma once

#include "actors/metrics_memory.hpp"
#include "supervisor/time.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace reeve::actors {

/// The text of one scrape, made while it is sent, from the numbers as they are then:
/// it is never there as a whole, and checks go on between its parts. Families come
/// in the order of their names. Those with samples per service, which are many, are
/// written here: tens of times cheaper than through a registry. Loop thread only.
class metrics_text {
public:
  metrics_text(std::shared_ptr<const metrics_memory> from, mono_time now);

  /// The next part, some 64 kB; empty: that was all.
  std::string next();

  /// A family with samples per service.
  struct service_family;

private:
  struct family {
    std::string name;
    std::string text; ///< all of a daemon-wide one; else the head, until written
    const service_family* each = nullptr; ///< what is written for each service
  };

  bool write_services(family& f, std::string& part);

  std::shared_ptr<const metrics_memory> from_;
  mono_time now_;
  std::vector<family> families_; ///< those still to come, the next one last
  std::string last_;             ///< the service written last: they may come and go meanwhile
};

} // namespace reeve::actors
