#include "config/yaml_fault.hpp"

#include "config/shown_text.hpp"
#include "config/yaml_events.hpp"

#include <algorithm>
#include <optional>
#include <sstream>

namespace reeve::config {
namespace {

namespace words_of_parser = YAML::ErrorMsg;

/// Hears everything and keeps nothing; deep nesting ends it, as it does the real reading.
class nobody : public YAML::EventHandler {
public:
  void OnDocumentStart(const YAML::Mark&) override {
  }
  void OnDocumentEnd() override {
  }
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {
  }
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {
  }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {
  }
  void OnSequenceStart(const YAML::Mark& m, const std::string&, YAML::anchor_t,
                       yaml_style) override {
    deeper(m);
  }
  void OnSequenceEnd() override {
    --levels_;
  }
  void OnMapStart(const YAML::Mark& m, const std::string&, YAML::anchor_t, yaml_style) override {
    deeper(m);
  }
  void OnMapEnd() override {
    --levels_;
  }

private:
  void deeper(const YAML::Mark& m) {
    if (++levels_ > 64)
      throw YAML::ParserException{m, "nested too deep"};
  }

  int levels_ = 0;
};

bool ends_in_quotes(std::string_view text) {
  try {
    std::istringstream in{std::string{text} + "\n#"};
    YAML::Parser parser{in};
    nobody hears;
    while (parser.HandleNextDocument(hears))
      continue;
    return false;
  } catch (const YAML::Exception& e) {
    return e.msg == words_of_parser::EOF_IN_SCALAR;
  }
}

bool escaped(std::string_view text, std::size_t at) {
  std::size_t backslashes = 0;
  while (backslashes < at && text[at - backslashes - 1] == '\\')
    ++backslashes;
  return backslashes % 2 == 1;
}

// In an open "..." all further " are escaped.
std::size_t last_double(std::string_view text) {
  auto at = text.rfind('"');
  while (at != text.npos && at > 0 && escaped(text, at))
    at = text.rfind('"', at - 1);
  return at;
}

// In an open '...' all further ' are doubled.
std::size_t last_single(std::string_view text) {
  auto last = text.rfind('\'');
  while (last != text.npos) {
    auto first = last;
    while (first > 0 && text[first - 1] == '\'')
      --first;
    if ((last - first) % 2 == 0)
      return first;
    last = first > 0 ? text.rfind('\'', first - 1) : text.npos;
  }
  return text.npos;
}

std::size_t start_of_line(std::string_view text, int line) {
  std::size_t at = 0;
  for (; line > 1; --line) {
    const auto end = text.find('\n', at);
    if (end == text.npos)
      return text.size();
    at = end + 1;
  }
  return at;
}

std::string_view line_of(std::string_view text, int line) {
  const auto rest = text.substr(start_of_line(text, line));
  return rest.substr(0, rest.find_first_of("\r\n"));
}

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

bool has_text(std::string_view line) {
  const auto first = line.find_first_not_of(" \t");
  return first != line.npos && line[first] != '#';
}

/// The nearest line before `line` that has a text; 0: none.
int line_before(std::string_view text, int line) {
  for (--line; line > 0; --line)
    if (has_text(line_of(text, line)))
      return line;
  return 0;
}

/// Where the ':' of a key stands that a blank follows, or npos.
std::size_t colon_of(std::string_view line) {
  const auto with_value = line.find(": ");
  return with_value == line.npos && line.ends_with(':') ? line.size() - 1 : with_value;
}

bool has_value(std::string_view line) {
  const auto colon = colon_of(line);
  return colon != line.npos && has_text(line.substr(colon + 1));
}

std::string key_of(std::string_view line) {
  line.remove_prefix(indent_of(line));
  if (line.starts_with("- "))
    line.remove_prefix(line.find_first_not_of("- "));
  return std::string{line.substr(0, colon_of(line))};
}

std::string number(int line) {
  return "line " + std::to_string(line);
}

std::string missing_colon(std::string_view line) {
  line.remove_prefix(indent_of(line));
  return line.find(':') < line.find(' ') ? "write a blank after the ':'"
                                         : "write a ':' and a blank after the key";
}

/// `check: URL` and options below it, indented.
std::string value_already(std::string_view line, int number_of_line) {
  const auto key = key_of(line);
  const auto example =
    key == "check" ? std::string{"{http: URL, interval: 5s}"} : std::string{"{KEY: VALUE, ...}"};
  return in_quotes(key) + " on " + number(number_of_line)
         + " has a value already; to say more of it write " + key + ": " + example;
}

std::string hint_of_value(std::string_view text, mark at) {
  const auto line = line_of(text, at.line);
  const auto before = line_before(text, at.line);
  const auto above = line_of(text, before);
  if (colon_of(line) + 1 < static_cast<std::size_t>(at.column))
    return "a text with ': ' in it needs quotes, and a map a line of its own, or { }";
  if (before != 0 && above.substr(indent_of(above)).starts_with("---"))
    return "nothing can be set apart by " + number(before) + "; remove it";
  if (before != 0 && colon_of(above) == above.npos && indent_of(above) == indent_of(line))
    return missing_colon(above) + " on " + number(before);
  if (before != 0 && has_value(above) && indent_of(line) > indent_of(above))
    return value_already(above, before);
  return {};
}

std::string hint_of_key(std::string_view text, mark at, const std::vector<open_level>& open) {
  const auto line = line_of(text, at.line);
  const auto column = static_cast<std::size_t>(at.column);
  if (indent_of(line) + 1 != column) {
    const auto before = line.substr(0, column - 1);
    const auto last = before.find_last_not_of(' ');
    const auto quote = line.find_first_of("\"'");
    return last != before.npos && quote < column
             ? "a text in quotes has ended before this; a quote inside it is written twice in "
               "'...', and as \\\" in \"...\""
             : std::string{};
  }
  if (const char first = line[column - 1]; first == '"' || first == '\'')
    return "is a closing quote missing?";
  const bool beside = std::any_of(open.begin(), open.end(), [&](const open_level& l) {
    return !l.flow && l.at.column == at.column;
  });
  if (!beside)
    return "no key beside it is indented like this";
  return line.substr(indent_of(line)).starts_with("- ")
           ? "an item of a list, where a key is expected"
           : missing_colon(line);
}

std::string hint_of_token(std::string_view text, mark at) {
  const auto line = line_of(text, at.line);
  const auto column = static_cast<std::size_t>(at.column);
  return column <= line.size()
           ? "a text that begins with " + in_quotes(line.substr(column - 1, 1)) + " needs quotes"
           : std::string{};
}

/// A bracket that was open.
struct bracket {
  mark at;
  char kind;

  std::string name() const {
    return std::string{"'"} + kind + "'";
  }
  char other() const {
    return kind == '[' ? ']' : '}';
  }
};

std::optional<bracket> innermost_bracket(std::string_view text,
                                         const std::vector<open_level>& open) {
  if (open.empty() || !open.back().flow)
    return {};
  const auto& begin = open.back().at;
  const auto at = after_properties(text, start_of_line(text, begin.line)
                                           + static_cast<std::size_t>(begin.column) - 1);
  return bracket{place_of(text, at), at < text.size() ? text[at] : '['};
}

/// In the line of the bracket itself.
std::string hint_in_brackets(std::string_view words, mark at, std::string_view text,
                             const bracket& inner) {
  if (words == words_of_parser::FLOW_END)
    return inner.name() + " on " + number(inner.at.line) + " is still open";
  if (words == words_of_parser::UNKNOWN_TOKEN)
    return "within brackets, a text with one of [ ] { } in it needs quotes";
  const bool closed = line_of(text, at.line).find(inner.other()) != std::string_view::npos;
  return closed ? "a ',' must stand between two of its parts" : inner.name() + " is not closed";
}

std::string hint_of_indent(std::string_view line) {
  const auto first = line.find_first_not_of(" \t");
  if (line.substr(0, first).find('\t') != line.npos)
    return "indent with blanks, not tabs";
  return first != line.npos && line.substr(first).starts_with("\xC2\xA0")
           ? "indent with ordinary blanks; this is a no-break space"
           : "";
}

std::string hint(std::string_view words, mark at, std::string_view text,
                 const std::vector<open_level>& open) {
  if (auto odd = hint_of_indent(line_of(text, at.line)); !odd.empty())
    return odd;
  if (const auto inner = innermost_bracket(text, open))
    return hint_in_brackets(words, at, text, *inner);
  if (words == words_of_parser::FLOW_END)
    return "nothing is open that it could close";
  if (words == words_of_parser::MAP_VALUE)
    return hint_of_value(text, at);
  if (words == words_of_parser::END_OF_MAP || words == words_of_parser::END_OF_SEQ)
    return hint_of_key(text, at, open);
  return words == words_of_parser::UNKNOWN_TOKEN ? hint_of_token(text, at) : "";
}

} // namespace

mark place_of(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line_start = before.rfind('\n');
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(offset - (line_start == before.npos ? 0 : line_start + 1)) + 1};
}

std::size_t after_properties(std::string_view text, std::size_t begin) {
  while (begin < text.size() && (text[begin] == '&' || text[begin] == '!'))
    begin = text.find_first_not_of(" \t\r\n", text.find_first_of(" \t\r\n", begin));
  return std::min(begin, text.size());
}

// All that follows an open quote is inside, and so it is the last of its kind.
mark open_quote(std::string_view text) {
  const auto one = last_double(text), other = last_single(text);
  if (one == text.npos || other == text.npos)
    return place_of(text, std::min(one, other));
  const auto later = std::max(one, other);
  return place_of(text, ends_in_quotes(text.substr(0, later)) ? std::min(one, other) : later);
}

std::size_t end_of_quoted(std::string_view text, std::size_t begin) {
  const auto quote = text[begin];
  for (auto at = begin + 1; at < text.size(); ++at) {
    const bool doubled = quote == '\'' && text.substr(at, 2) == "''";
    if (doubled || (quote == '"' && text[at] == '\\'))
      ++at;
    else if (text[at] == quote)
      return at;
  }
  return text.size();
}

int line_further_left(std::string_view text, std::size_t begin, std::size_t end, int columns) {
  for (auto at = text.find('\n', begin); at < end; at = text.find('\n', at + 1)) {
    const auto first = text.find_first_not_of(" \t\r", at + 1);
    if (first < end && text[first] != '\n' && static_cast<int>(first - at) - 1 < columns)
      return place_of(text, first).line;
  }
  return 0;
}

yaml_fault explain_fault(std::string_view words, mark at, std::string_view text,
                         const std::vector<open_level>& open) {
  if (words == words_of_parser::EOF_IN_SCALAR)
    return {open_quote(text), "this quote is never closed"};
  const auto before = text.substr(0, start_of_line(text, at.line));
  if (before.find_first_of("\"'") != before.npos && ends_in_quotes(before))
    return {open_quote(before), "the text in this quote goes on to " + number(at.line)
                                  + "; is a closing quote missing?"};
  if (const auto inner = innermost_bracket(text, open); inner && at.line > inner->at.line)
    return {inner->at,
            "this " + inner->name()
              + (has_text(line_of(text, at.line))
                   ? " is not closed before " + number(at.line) + ", which cannot be part of it"
                   : " is never closed")};
  if (words.starts_with("the referenced anchor is not defined"))
    return {at, "this alias has no anchor before it; a text that begins with '*' needs quotes"};
  const auto help = hint(words, at, text, open);
  return {at, "not valid YAML: " + shown(words) + (help.empty() ? "" : "; " + help)};
}

} // namespace reeve::config
