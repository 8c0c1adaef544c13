#include "storage/rows.hpp"

#include "storage/record_rows.hpp"

#include <array>
#include <utility>

namespace reeve::storage {

namespace {

using std::chrono::milliseconds;

std::int64_t number_of(wall_time t) {
  return t.time_since_epoch().count();
}

std::optional<std::int64_t> number_of(const std::optional<wall_time>& t) {
  return t ? std::optional{number_of(*t)} : std::nullopt;
}

std::optional<wall_time> time_of(std::optional<std::int64_t> n) {
  return n ? std::optional{wall_time{milliseconds{*n}}} : std::nullopt;
}

std::optional<supervision> state_of(std::string_view word) {
  for (auto s : {supervision::running, supervision::waiting, supervision::given_up,
                 supervision::paused, supervision::ended, supervision::stopped})
    if (to_string(s) == word)
      return s;
  return std::nullopt;
}

// -- services -----------------------------------------------------------------------

std::vector<remembered_service> read_services(database& db) {
  std::vector<remembered_service> all;
  statement row{db, "SELECT name, state, reason, alive, target, restarts, attempt, last_delay,"
                    " healthy_since, due, waits_for, on_trial, owed, owed_counted, trial_since,"
                    " trial_helped FROM services"};
  while (row.step()) {
    remembered_service s;
    s.name = row.text();
    const auto state = state_of(row.text());
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
    if (state)
      all.push_back(std::move(s));
  }
  return all;
}

void write(database& db, const std::vector<remembered_service>& changes) {
  statement forget{db, "DELETE FROM services WHERE name = ?"};
  statement put{db, "INSERT OR REPLACE INTO services (name, state, reason, alive, target, restarts,"
                    " attempt, last_delay, healthy_since, due, waits_for, on_trial, owed,"
                    " owed_counted, trial_since, trial_helped)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  for (const auto& s : changes) {
    if (is_blank(s)) {
      forget.add(s.name).run();
      continue;
    }
    put.add(s.name).add(to_string(s.state)).add(s.reason).add(s.alive ? 1 : 0);
    put.add(static_cast<std::int64_t>(s.target)).add(static_cast<std::int64_t>(s.restarts));
    put.add(s.attempt).add(s.last_delay.count());
    put.maybe(number_of(s.healthy_since)).maybe(number_of(s.due)).add(s.waits_for);
    put.add(s.on_trial ? 1 : 0);
    put.maybe(s.owed ? std::optional{s.owed->reason} : std::nullopt);
    put.add(s.owed && s.owed->counted ? 1 : 0);
    put.maybe(s.newest_restart ? std::optional{number_of(s.newest_restart->since)} : std::nullopt);
    put.add(s.newest_restart && s.newest_restart->helped ? 1 : 0).run();
  }
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
  statement restart{db, "SELECT at FROM group_restarts WHERE name = ? ORDER BY number"};
  for (auto& g : all)
    for (restart.add(g.name); restart.step();)
      g.restarts.emplace_back(milliseconds{restart.number()});
  return all;
}

void write(database& db, const std::vector<remembered_group>& changes) {
  statement forget{db, "DELETE FROM groups WHERE name = ?"};
  statement forget_restarts{db, "DELETE FROM group_restarts WHERE name = ?"};
  statement put{db, "INSERT INTO groups (name, due, careful, on_trial, reason)"
                    " VALUES (?, ?, ?, ?, ?)"};
  statement put_restart{db, "INSERT INTO group_restarts (name, number, at) VALUES (?, ?, ?)"};
  for (const auto& g : changes) {
    forget.add(g.name).run();
    forget_restarts.add(g.name).run();
    if (is_blank(g))
      continue;
    put.add(g.name).maybe(number_of(g.due)).add(g.careful ? 1 : 0).add(g.on_trial ? 1 : 0);
    put.add(g.reason).run();
    for (std::size_t i = 0; i < g.restarts.size(); ++i)
      put_restart.add(g.name).add(static_cast<std::int64_t>(i)).add(number_of(g.restarts[i])).run();
  }
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

void write(database& db, const std::vector<remembered_push>& changes) {
  statement forget{db, "DELETE FROM pushes WHERE service = ? AND name = ?"};
  statement put{db, "INSERT OR REPLACE INTO pushes (service, name, known_since, last_success,"
                    " failed_at, failure, started, measured, duration)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  for (const auto& p : changes) {
    if (is_blank(p)) {
      forget.add(p.service).add(p.check).run();
      continue;
    }
    put.add(p.service).add(p.check).maybe(number_of(p.known_since));
    put.maybe(number_of(p.last_success));
    put.maybe(p.failed ? std::optional{number_of(p.failed->at)} : std::nullopt);
    put.maybe(p.failed ? std::optional{p.failed->reason} : std::nullopt);
    put.maybe(number_of(p.started)).maybe(number_of(p.measured));
    put.maybe(p.duration ? std::optional<std::int64_t>{p.duration->count()} : std::nullopt).run();
  }
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
  for (const auto* table :
       {"services", "groups", "group_restarts", "pushes", "records", "record_entries"})
    db.run(std::string{"DELETE FROM "} + table);
}

} // namespace reeve::storage
