#include "storage/record_rows.hpp"

#include "storage/columns.hpp"

#include <algorithm>
#include <utility>

namespace reeve::storage {

namespace {

using std::chrono::milliseconds;
using entry = restart_record::entry;

std::optional<entry> read_entry(statement& row, const std::string& service) {
  const auto at = time_of(row.number());
  const auto word = row.text();
  decision d;
  d.service = service;
  d.reason = row.text();
  d.numbers = row.text();
  d.delay = milliseconds{row.number()};
  d.attempt = static_cast<int>(row.number());
  d.restarts_in_window = static_cast<int>(row.number());
  d.limit.restarts = static_cast<int>(row.number());
  d.limit.within = milliseconds{row.number()};
  if (const auto outcome = value_of<restart_outcome>(word))
    return entry{at, restart_judged{service, *outcome, d.delay}};
  const auto kind = value_of<decision::kind>(word);
  if (!kind)
    return std::nullopt;
  d.what = *kind;
  return entry{at, std::move(d)};
}

void read_entries(statement& row, const std::string& service, restart_record& record) {
  for (row.add(service); row.step();)
    if (auto known = read_entry(row, service); known && record.newest.size() < restart_record::most)
      record.newest.push_back(std::move(*known));
  std::reverse(record.newest.begin(), record.newest.end());
}

/// What a decision says and an outcome does not is empty.
void write_entry(statement& put, const std::string& service, std::uint64_t number, const entry& e) {
  const auto* judged = std::get_if<restart_judged>(&e.what);
  const auto d = judged ? decision{} : std::get<decision>(e.what);
  put.add(service).add(static_cast<std::int64_t>(number)).add(number_of(e.at));
  put.add(judged ? to_string(judged->what) : to_string(d.what)).add(d.reason).add(d.numbers);
  put.add((judged ? judged->after : d.delay).count()).add(d.attempt).add(d.restarts_in_window);
  put.add(d.limit.restarts).add(d.limit.within.count()).run();
}

void write_head(statement& put, const remembered_record& r) {
  put.add(r.service).add(static_cast<std::int64_t>(r.record->total));
  const auto& last = r.record->last_outcome;
  const auto* judged = last ? std::get_if<restart_judged>(&last->what) : nullptr;
  put.maybe(judged ? maybe_number{number_of(last->at)} : std::nullopt);
  put.maybe(judged ? std::optional{std::string{to_string(judged->what)}} : std::nullopt);
  put.maybe(judged ? maybe_number{judged->after.count()} : std::nullopt).run();
}

} // namespace

std::vector<remembered_record> read_records(database& db) {
  std::vector<remembered_record> all;
  statement head{db, "SELECT service, total, outcome_at, outcome, outcome_after FROM records"};
  statement entries{db, "SELECT at, what, reason, numbers, delay, attempt, in_window, most, within"
                        " FROM record_entries WHERE service = ? ORDER BY number DESC"};
  while (head.step()) {
    auto service = head.text();
    restart_record record;
    record.total = static_cast<std::uint64_t>(head.number());
    const auto at = time_of(head.number());
    const auto outcome = value_of<restart_outcome>(head.text());
    const milliseconds after{head.number()};
    if (outcome)
      record.last_outcome = entry{at, restart_judged{service, *outcome, after}};
    read_entries(entries, service, record);
    auto shared = std::make_shared<const restart_record>(std::move(record));
    all.push_back({std::move(service), std::move(shared)});
  }
  return all;
}

void write_records(database& db, const std::vector<remembered_record>& changes) {
  statement forget{db, "DELETE FROM records WHERE service = ?"};
  statement forget_entries{db, "DELETE FROM record_entries WHERE service = ?"};
  statement put{db, "INSERT INTO records (service, total, outcome_at, outcome, outcome_after)"
                    " VALUES (?, ?, ?, ?, ?)"};
  statement put_entry{db, "INSERT INTO record_entries (service, number, at, what, reason, numbers,"
                          " delay, attempt, in_window, most, within)"
                          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  const auto forget_all = [&](const remembered_record& r) {
    forget.add(r.service).run();
    forget_entries.add(r.service).run();
  };
  replace(changes, forget_all, [&](const remembered_record& r) {
    write_head(put, r);
    for (std::size_t i = 0; i < r.record->newest.size(); ++i)
      write_entry(put_entry, r.service, i, r.record->newest[i]);
  });
}

} // namespace reeve::storage
