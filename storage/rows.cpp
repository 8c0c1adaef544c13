#include "storage/rows.hpp"

#include "storage/columns.hpp"
#include "storage/record_rows.hpp"

#include <utility>

namespace reeve::storage {

namespace {

using std::chrono::milliseconds;

// -- windows of their own -----------------------------------------------------------

constexpr std::string_view a_service = "service";
constexpr std::string_view a_group = "group";

template <class Owner>
void read_own_restarts(database& db, std::string_view kind, std::vector<Owner>& owners) {
  statement restart{db, "SELECT at FROM own_restarts WHERE owner = ? AND name = ?"
                        " ORDER BY number"};
  for (auto& o : owners)
    for (restart.add(kind).add(o.name); restart.step();)
      o.in_window.emplace_back(milliseconds{restart.number()});
}

class own_restarts_writer {
public:
  own_restarts_writer(database& db, std::string_view kind)
      : kind_{kind}, forget_{db, "DELETE FROM own_restarts WHERE owner = ? AND name = ?"},
        put_{db, "INSERT INTO own_restarts (owner, name, number, at) VALUES (?, ?, ?, ?)"} {
  }

  void forget(const std::string& name) {
    forget_.add(kind_).add(name).run();
  }
  void put(const std::string& name, const std::vector<wall_time>& restarts) {
    std::int64_t number = 0;
    for (const auto at : restarts)
      put_.add(kind_).add(name).add(number++).add(number_of(at)).run();
  }

private:
  std::string_view kind_;
  statement forget_;
  statement put_;
};

// -- services -----------------------------------------------------------------------

std::vector<remembered_service> read_services(database& db) {
  std::vector<remembered_service> all;
  statement row{db, "SELECT name, state, reason, alive, target, restarts, attempt, last_delay,"
                    " healthy_since, due, waits_for, on_trial, owed, owed_counted, trial_since,"
                    " trial_helped FROM services"};
  while (row.step()) {
    remembered_service s;
    s.name = row.text();
    const auto state = value_of<supervision>(row.text());
    s.state = state.value_or(supervision::running);
    s.reason = row.text();
    s.alive = row.number() != 0;
    s.target = static_cast<std::uint64_t>(row.number());
    s.restarts = static_cast<std::uint64_t>(row.number());
    s.attempt = static_cast<int>(row.number());
    s.last_delay = milliseconds{row.number()};
    s.healthy_since = time_of(row.maybe_number());
    s.due = time_of(row.maybe_number());
    s.waits_for = row.text();
    s.on_trial = row.number() != 0;
    auto owed = row.maybe_text();
    const bool counted = row.number() != 0;
    if (owed)
      s.owed = remembered_service::debt{std::move(*owed), counted};
    const auto trial_since = time_of(row.maybe_number());
    const bool helped = row.number() != 0;
    if (trial_since)
      s.newest_restart = remembered_service::trial{*trial_since, helped};
    if (state && *state != supervision::restarting) // else another Reeve wrote it
      all.push_back(std::move(s));
  }
  read_own_restarts(db, a_service, all);
  return all;
}

void put_service(statement& put, const remembered_service& s) {
  put.add(s.name).add(to_string(s.state)).add(s.reason).add(s.alive ? 1 : 0);
  put.add(static_cast<std::int64_t>(s.target)).add(static_cast<std::int64_t>(s.restarts));
  put.add(s.attempt).add(s.last_delay.count());
  put.maybe(number_of(s.healthy_since)).maybe(number_of(s.due)).add(s.waits_for);
  put.add(s.on_trial ? 1 : 0);
  put.maybe(s.owed ? std::optional{s.owed->reason} : std::nullopt);
  put.add(s.owed && s.owed->counted ? 1 : 0);
  put.maybe(s.newest_restart ? maybe_number{number_of(s.newest_restart->since)} : std::nullopt);
  put.add(s.newest_restart && s.newest_restart->helped ? 1 : 0).run();
}

void write(database& db, const std::vector<remembered_service>& changes) {
  statement forget{db, "DELETE FROM services WHERE name = ?"};
  statement put{db, "INSERT INTO services (name, state, reason, alive, target, restarts,"
                    " attempt, last_delay, healthy_since, due, waits_for, on_trial, owed,"
                    " owed_counted, trial_since, trial_helped)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  own_restarts_writer own{db, a_service};
  const auto forget_all = [&](const remembered_service& s) {
    forget.add(s.name).run();
    own.forget(s.name);
  };
  replace(changes, forget_all, [&](const remembered_service& s) {
    put_service(put, s);
    own.put(s.name, s.in_window);
  });
}

// -- groups -------------------------------------------------------------------------

std::vector<remembered_group> read_groups(database& db) {
  std::vector<remembered_group> all;
  statement row{db, "SELECT name, due, careful, on_trial, reason FROM groups"};
  while (row.step()) {
    remembered_group g;
    g.name = row.text();
    g.due = time_of(row.maybe_number());
    g.careful = row.number() != 0;
    g.on_trial = row.number() != 0;
    g.reason = row.text();
    all.push_back(std::move(g));
  }
  statement restart{db, "SELECT at, member FROM group_restarts WHERE name = ? ORDER BY number"};
  for (auto& g : all)
    for (restart.add(g.name); restart.step();) {
      const auto at = time_of(restart.number());
      g.restarts.push_back({at, restart.text()});
    }
  read_own_restarts(db, a_group, all);
  return all;
}

void write(database& db, const std::vector<remembered_group>& changes) {
  statement forget{db, "DELETE FROM groups WHERE name = ?"};
  statement forget_restarts{db, "DELETE FROM group_restarts WHERE name = ?"};
  statement put{db, "INSERT INTO groups (name, due, careful, on_trial, reason)"
                    " VALUES (?, ?, ?, ?, ?)"};
  statement put_restart{db, "INSERT INTO group_restarts (name, number, at, member)"
                            " VALUES (?, ?, ?, ?)"};
  own_restarts_writer own{db, a_group};
  const auto forget_all = [&](const remembered_group& g) {
    forget.add(g.name).run();
    forget_restarts.add(g.name).run();
    own.forget(g.name);
  };
  replace(changes, forget_all, [&](const remembered_group& g) {
    put.add(g.name).maybe(number_of(g.due)).add(g.careful ? 1 : 0).add(g.on_trial ? 1 : 0);
    put.add(g.reason).run();
    std::int64_t number = 0;
    for (const auto& r : g.restarts)
      put_restart.add(g.name).add(number++).add(number_of(r.at)).add(r.by).run();
    own.put(g.name, g.in_window);
  });
}

// -- pushes -------------------------------------------------------------------------

std::vector<remembered_push> read_pushes(database& db) {
  std::vector<remembered_push> all;
  statement row{db, "SELECT service, name, known_since, last_success, failed_at, failure, started,"
                    " measured, duration FROM pushes"};
  while (row.step()) {
    remembered_push p;
    p.service = row.text();
    p.check = row.text();
    p.known_since = time_of(row.maybe_number());
    p.last_success = time_of(row.maybe_number());
    const auto failed_at = time_of(row.maybe_number());
    auto reason = row.text();
    if (failed_at)
      p.failed = remembered_push::failure{*failed_at, std::move(reason)};
    p.started = time_of(row.maybe_number());
    p.measured = time_of(row.maybe_number());
    if (const auto took = row.maybe_number())
      p.duration = milliseconds{*took};
    all.push_back(std::move(p));
  }
  return all;
}

void put_push(statement& put, const remembered_push& p) {
  put.add(p.service).add(p.check).maybe(number_of(p.known_since));
  put.maybe(number_of(p.last_success));
  put.maybe(p.failed ? maybe_number{number_of(p.failed->at)} : std::nullopt);
  put.maybe(p.failed ? std::optional{p.failed->reason} : std::nullopt);
  put.maybe(number_of(p.started)).maybe(number_of(p.measured));
  put.maybe(p.duration ? maybe_number{p.duration->count()} : std::nullopt).run();
}

void write(database& db, const std::vector<remembered_push>& changes) {
  statement forget{db, "DELETE FROM pushes WHERE service = ? AND name = ?"};
  statement put{db, "INSERT INTO pushes (service, name, known_since, last_success, failed_at,"
                    " failure, started, measured, duration) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  replace(
    changes, [&](const auto& p) { forget.add(p.service).add(p.check).run(); },
    [&](const auto& p) { put_push(put, p); });
}

} // namespace

remembered read_all(database& db) {
  return {read_services(db), read_groups(db), read_pushes(db), read_records(db)};
}

void write(database& db, const remembered& changes) {
  write(db, changes.services);
  write(db, changes.groups);
  write(db, changes.pushes);
  write_records(db, changes.records);
}

void clear(database& db) {
  for (const auto* table : {"services", "groups", "group_restarts", "own_restarts", "pushes",
                            "records", "record_entries"})
    db.run(std::string{"DELETE FROM "} + table);
}

} // namespace reeve::storage
