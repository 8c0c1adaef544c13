#include "cli/tune_report.hpp"
#include "supervisor/text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace reeve::cli {

namespace {

constexpr double width = 760, height = 440, margin = 60;

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
    case '&':
      safe += "&amp;";
      break;
    case '<':
      safe += "&lt;";
      break;
    case '>':
      safe += "&gt;";
      break;
    case '"':
      safe += "&quot;";
      break;
    case '\'':
      safe += "&#39;";
      break;
    default:
      safe += c;
    }
  }
  return safe;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

/// A logarithmic axis from 0 to `most` over `length` pixels.
class axis {
public:
  axis(double most, double length) : scale_{length / std::log1p(std::max(most, 1.0))} {
  }
  double at(double value) const {
    return scale_ * std::log1p(value);
  }

private:
  double scale_;
};

struct plot {
  axis x;
  axis y;

  double left(double restarts) const {
    return margin + x.at(restarts);
  }
  double top(double late) const {
    return height - margin - y.at(late);
  }
};

std::string text_at(double x, double y, const std::string& anchor, std::string_view text) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\">"
         + escaped(text) + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2) {
  return "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\""
         + number(y2) + "\"/>\n";
}

std::string axes(const plot& p, double most_restarts, double most_late) {
  auto svg = line(margin, height - margin, width - margin, height - margin)
             + line(margin, margin, margin, height - margin);
  for (const double tick : {0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 1e5, 1e6})
    if (tick <= most_restarts)
      svg += text_at(p.left(tick), height - margin + 18, "middle",
                     number(tick).substr(0, number(tick).find('.')));
  for (const double tick : {0.0, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0})
    if (tick <= most_late)
      svg += text_at(margin - 6, p.top(tick) + 4, "end", seconds_text(tick));
  svg += text_at(width / 2, height - 14, "middle", "restarts a run");
  svg += text_at(margin - 40, margin - 24, "start", "extra downtime a failure, mean");
  return svg;
}

std::string class_of(const tune_report& report, std::size_t i) {
  const auto& p = report.policies[i];
  std::string kind = i == report.pick ? "pick" : i == 0 ? "present" : p.peer ? "peer" : "candidate";
  return kind + (p.score.gave_up > 0 ? " gave-up" : "");
}

std::string tip(const tuned_policy& p) {
  char share[32];
  std::snprintf(share, sizeof share, "%.0f %%", p.score.gave_up * 100);
  return p.name + ": " + seconds_text(p.score.late_mean) + " (max " + seconds_text(p.score.late_max)
         + "), " + number(p.score.restarts) + " restarts, gave up " + share;
}

std::string front_line(const tune_report& report, const plot& p) {
  std::vector<std::pair<double, double>> points;
  for (const auto& policy : report.policies)
    if (policy.on_front && policy.score.gave_up == 0)
      points.emplace_back(p.left(policy.score.restarts), p.top(policy.score.late_mean));
  std::sort(points.begin(), points.end());
  std::string svg = "<polyline points=\"";
  for (const auto& [x, y] : points)
    svg += number(x) + "," + number(y) + " ";
  return svg + "\"/>\n";
}

/// Finds places for words in which they do not cover each other.
class labels {
public:
  std::string at(double x, double y, const std::string& words) {
    constexpr double letter = 6.2, line_height = 13;
    const double length = letter * static_cast<double>(words.size());
    box wanted{x + 9, y - 5, length};
    if (wanted.left + length > width)
      wanted.left = x - 9 - length;
    const auto covers = [&](const box& b) {
      return std::abs(b.base - wanted.base) < line_height && b.left < wanted.left + length
             && wanted.left < b.left + b.length;
    };
    while (std::any_of(taken_.begin(), taken_.end(), covers))
      wanted.base += line_height;
    taken_.push_back(wanted);
    const bool is_far = wanted.base > y + 9;
    return (is_far ? line(x, y, wanted.left - 2, wanted.base - 4) : std::string{})
           + text_at(wanted.left, wanted.base, "start", words);
  }

private:
  struct box {
    double left;
    double base;
    double length;
  };
  std::vector<box> taken_;
};

std::string circle(const tune_report& report, std::size_t i, double x, double y, bool is_named) {
  return "<g class=\"" + class_of(report, i) + "\"><circle cx=\"" + number(x) + "\" cy=\""
         + number(y) + "\" r=\"" + (is_named ? "5" : "3") + "\"><title>"
         + escaped(tip(report.policies[i])) + "</title></circle></g>\n";
}

std::string drawn(const tune_report& report) {
  double most_restarts = 1, most_late = 1;
  for (const auto& p : report.policies) {
    most_restarts = std::max(most_restarts, p.score.restarts);
    most_late = std::max(most_late, p.score.late_mean);
  }
  const plot at{{most_restarts, width - 2 * margin}, {most_late, height - 2 * margin}};
  labels names;
  std::string below, above; // the named ones are never covered
  for (std::size_t i = 0; i < report.policies.size(); ++i) {
    const auto& p = report.policies[i];
    const auto x = at.left(p.score.restarts), y = at.top(p.score.late_mean);
    const bool is_named = p.peer || i == 0 || i == report.pick;
    (is_named ? above : below) += circle(report, i, x, y, is_named);
    if (is_named)
      above += names.at(x, y, p.peer ? p.name : i == report.pick ? "the pick" : "present");
  }
  return "<svg viewBox=\"0 0 " + number(width) + " " + number(height)
         + "\" role=\"img\" aria-label=\"restarts against extra downtime\">\n"
         + axes(at, most_restarts, most_late) + front_line(report, at) + below + above + "</svg>\n";
}

std::string table(const tune_report& report) {
  std::string html = "<table><thead><tr><th></th><th>policy</th><th>extra downtime, mean</th>"
                     "<th>max</th><th>restarts</th><th>gave up</th></tr></thead><tbody>\n";
  for (std::size_t i = 0; i < report.policies.size(); ++i) {
    const auto& p = report.policies[i];
    const auto& s = p.score;
    html += "<tr class=\"" + class_of(report, i) + "\"><td>"
            + (i == report.pick ? "&#9656;"
               : p.on_front     ? "*"
                                : "")
            + "</td><td>" + escaped(p.name)
            + (p.peer ? " <small>" + escaped(p.peer->source) + "</small>" : std::string{})
            + "</td><td>" + escaped(seconds_text(s.late_mean)) + "</td><td>"
            + escaped(seconds_text(s.late_max)) + "</td><td>" + number(s.restarts) + "</td><td>"
            + number(s.gave_up * 100) + " %</td></tr>\n";
  }
  return html + "</tbody></table>\n";
}

constexpr std::string_view style = R"(
body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
svg{width:100%;height:auto;font-size:11px}
line{stroke:#8892a0}polyline{fill:none;stroke:#2f7d4f;stroke-dasharray:4 3}
circle{fill:#9aa5b4}.peer circle{fill:#c77b30}.present circle{fill:#2b62c4}.pick circle{fill:#2f7d4f}
.gave-up circle{fill:#fff;stroke:#b8323a;stroke-width:2}
table{border-collapse:collapse;width:100%}th{text-align:left;border-bottom:2px solid #ccd3dc}
td{border-bottom:1px solid #e4e8ee;padding:.15rem .5rem .15rem 0}
tr.pick td{font-weight:600;background:#e6f3ea}tr.present td{background:#e8effb}tr.gave-up td:last-child{color:#b8323a}
small{color:#6b7686}pre{background:#f3f5f8;padding:1rem;overflow:auto}
)";

} // namespace

std::string tuning_page(const tune_report& report) {
  const auto title = "Restart policies for " + report.service;
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + escaped(title)
         + "</title><style>" + std::string{style} + "</style></head><body>\n<h1>" + escaped(title)
         + "</h1>\n<p>" + escaped(headline(report))
         + ". Extra downtime passes between the end of an outage and being healthy again. "
           "Hollow points gave up.</p>\n"
         + drawn(report) + "<h2>The pick</h2>\n<p>" + escaped(reason_of(report)) + "</p>\n<pre>"
         + escaped(report.yaml) + "</pre>\n<h2>All of them</h2>\n" + table(report)
         + "</body></html>\n";
}

} // namespace reeve::cli
