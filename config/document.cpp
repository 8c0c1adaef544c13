#include "config/document.hpp"

#include "config/shown_text.hpp"
#include "config/utf8.hpp"
#include "config/yaml_events.hpp"
#include "config/yaml_fault.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

namespace reeve::config {
namespace {

constexpr std::size_t most_bytes = 4 * 1024 * 1024;
constexpr std::size_t most_values = 500'000; // aliases followed
constexpr std::size_t most_levels = 64;

/// Ends the parsing; caught in `parse_document`.
struct refusal {
  mark at;
  std::string what;
};

mark mark_of(const YAML::Mark& m) {
  return m.is_null() ? mark{} : mark{m.line + 1, m.column + 1};
}

bool foreign(const std::string& tag) {
  return !tag.empty() && tag != "?" && tag != "!" && tag.rfind("tag:yaml.org,2002:", 0) != 0;
}

/// Makes nodes of yaml-cpp's events. They are used, and not its own nodes,
/// because those forget duplicate keys and where aliases stand.
class builder : public YAML::EventHandler {
public:
  /// `text`: what the events are of.
  builder(std::string_view text, problem_list& problems) : text_{text}, problems_{problems} {
  }

  node_ptr root() const {
    return root_;
  }

  /// From the outermost on.
  std::vector<open_level> open_levels() const {
    std::vector<open_level> all;
    for (const auto& l : stack_)
      all.push_back({l.made->at, l.flow});
    return all;
  }

  void OnDocumentStart(const YAML::Mark& m) override {
    if (!root_)
      return;
    const auto begin = static_cast<std::size_t>(m.pos);
    const bool marked =
      text_.substr(begin).starts_with("---") || text_.substr(0, begin).find("\n...") != text_.npos;
    throw refusal{mark_of(m), marked
                                ? "a second document begins here; one file holds one document"
                                : "this key stands further left than the first one of the file"};
  }
  void OnDocumentEnd() override {
  }

  void OnNull(const YAML::Mark& m, YAML::anchor_t anchor) override {
    add(leaf(node::kind::null, awaits_value() ? stack_.back().key_at : mark_of(m), {}), anchor);
  }

  void OnScalar(const YAML::Mark& m, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(m, tag);
    check_place(mark_of(m));
    check_quoted(m);
    if (value.find('\0') != std::string::npos)
      problems_.add(mark_of(m), path(), "holds a zero byte, which nothing here can use");
    plain_ = tag == "?";
    add(leaf(node::kind::scalar, mark_of(m), value), anchor);
  }

  void OnAlias(const YAML::Mark& m, YAML::anchor_t anchor) override {
    check_place(mark_of(m));
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end() || !known->second)
      throw refusal{mark_of(m), "this alias stands inside its own anchor, and would never end"};
    count(known->second->values, mark_of(m));
    check_levels(known->second->depth, mark_of(m));
    plain_ = false;
    attach(known->second);
  }

  void OnSequenceStart(const YAML::Mark& m, const std::string& tag, YAML::anchor_t anchor,
                       yaml_style s) override {
    open(node::kind::list, m, tag, anchor, s);
  }
  void OnSequenceEnd() override {
    close();
  }
  void OnMapStart(const YAML::Mark& m, const std::string& tag, YAML::anchor_t anchor,
                  yaml_style s) override {
    open(node::kind::map, m, tag, anchor, s);
  }
  void OnMapEnd() override {
    merge_all();
    close();
  }

private:
  /// A list or map that is not complete.
  struct level {
    std::shared_ptr<node> made;
    YAML::anchor_t anchor;
    bool flow; // in brackets
    bool has_key = false;
    bool key_usable = true;
    bool key_merges = false;
    std::string key;
    mark key_at;
    std::unordered_map<std::string, int> lines; // of the keys so far
    std::vector<std::pair<mark, node_ptr>> merges;
  };

  std::shared_ptr<node> leaf(node::kind what, mark at, std::string text) {
    auto made = std::make_shared<node>();
    made->what = what;
    made->at = at;
    made->text = std::move(text);
    return made;
  }

  void open(node::kind what, const YAML::Mark& m, const std::string& tag, YAML::anchor_t anchor,
            yaml_style s) {
    check_tag(m, tag);
    check_place(mark_of(m));
    check_levels(1, mark_of(m));
    if (anchor)
      anchors_[anchor] = nullptr; // an alias to it from inside finds nothing
    stack_.push_back({leaf(what, mark_of(m), {}), anchor, s == YAML::EmitterStyle::Flow});
  }

  void close() {
    const auto done = std::move(stack_.back());
    stack_.pop_back();
    plain_ = false;
    add(done.made, done.anchor);
  }

  void add(const node_ptr& made, YAML::anchor_t anchor) {
    count(1, made->at);
    if (anchor)
      anchors_[anchor] = made;
    attach(made);
  }

  bool awaits_value() const {
    return !stack_.empty() && stack_.back().has_key;
  }

  // Puts a complete value where it belongs.
  void attach(const node_ptr& value) {
    if (stack_.empty()) {
      root_ = value;
      return;
    }
    auto& top = stack_.back();
    if (top.made->what == node::kind::list) {
      grow(top, *value);
      top.made->items.push_back(value);
    } else if (top.has_key) {
      take_value(top, value);
    } else {
      take_key(top, *value);
    }
  }

  void take_key(level& top, const node& key) {
    top.has_key = true;
    top.key_usable = key.what == node::kind::scalar;
    top.key = top.key_usable ? key.text : "?";
    top.key_at = key.at;
    top.key_merges = plain_ && key.text == "<<";
    if (!top.key_usable)
      problems_.add(key.at, path(), "a key must be text");
  }

  void take_value(level& top, const node_ptr& value) {
    if (top.key_merges) {
      top.merges.emplace_back(top.key_at, value);
    } else if (top.key_usable) {
      const auto [first, fresh] = top.lines.emplace(top.key, top.key_at.line);
      if (!fresh)
        problems_.add(top.key_at, path(),
                      "duplicate key; the first is on line " + std::to_string(first->second));
      else
        put(top, {top.key, top.key_at, value});
    }
    top.has_key = false;
  }

  void put(level& top, node::entry e) {
    grow(top, *e.value);
    top.made->entries.push_back(std::move(e));
  }

  static void grow(level& top, const node& part) {
    top.made->values += part.values;
    top.made->depth = std::max(top.made->depth, part.depth + 1);
  }

  void merge_all() {
    const auto merges = std::move(stack_.back().merges);
    for (const auto& [at, what] : merges) {
      if (what->what != node::kind::list) {
        merge(at, *what);
        continue;
      }
      for (const auto& item : what->items)
        merge(at, *item);
    }
  }

  // Keys that stand in the map itself win over merged ones, earlier over later.
  void merge(mark at, const node& from) {
    auto& top = stack_.back();
    if (from.what != node::kind::map) {
      problems_.add(at, path(), "'<<' takes a map, or a list of maps");
      return;
    }
    for (const auto& e : from.entries) {
      count(1, at);
      if (!top.lines.emplace(e.key, at.line).second)
        continue;
      count(e.value->values, at);
      put(top, e);
    }
  }

  void check_tag(const YAML::Mark& m, const std::string& tag) {
    if (foreign(tag))
      problems_.add(mark_of(m), path(),
                    "the tag " + in_quotes(tag) + " means nothing here; remove it");
  }

  /// Of the key or item in whose value we are: what belongs to it is indented deeper. YAML wants
  /// that within quotes and brackets, too, and yaml-cpp does not; it shows that one is not closed.
  int column_of_owner() const {
    const auto block =
      std::find_if(stack_.rbegin(), stack_.rend(), [](const level& l) { return !l.flow; });
    return block == stack_.rend() ? 0 : block->made->at.column;
  }

  void check_place(mark at) const {
    if (stack_.empty() || !stack_.back().flow)
      return;
    const auto& bracket = stack_.back().made->at;
    if (at.line > bracket.line && at.column <= column_of_owner())
      throw refusal{bracket, "this bracket is not closed before line " + std::to_string(at.line)
                               + ", which is not indented deeper than its key"};
  }

  void check_quoted(const YAML::Mark& m) const {
    const auto begin = after_properties(text_, static_cast<std::size_t>(m.pos));
    if (begin >= text_.size() || (text_[begin] != '"' && text_[begin] != '\''))
      return;
    const auto end = end_of_quoted(text_, begin);
    if (const int line = line_further_left(text_, begin, end, column_of_owner()))
      throw refusal{place_of(text_, begin),
                    "the text in this quote goes on to line " + std::to_string(line)
                      + ", which is not indented deeper than its key; is a closing quote missing?"};
  }

  void check_levels(std::size_t more, mark at) const {
    if (stack_.size() + more > most_levels)
      throw refusal{at, "nested deeper than " + std::to_string(most_levels) + " levels"};
  }

  void count(std::size_t more, mark at) {
    values_ += more;
    if (values_ > most_values)
      throw refusal{at, "too large: more than " + std::to_string(most_values)
                          + " values, with every alias followed"};
  }

  std::string path() const {
    std::string all;
    for (const auto& l : stack_) {
      if (l.made->what == node::kind::list)
        all += "[" + std::to_string(l.made->items.size()) + "]";
      else if (l.has_key)
        all += (all.empty() ? "" : ".") + shown(l.key);
    }
    return all;
  }

  std::string_view text_;
  problem_list& problems_;
  node_ptr root_;
  std::vector<level> stack_;
  std::unordered_map<YAML::anchor_t, node_ptr> anchors_; // null: not complete
  std::size_t values_ = 0;
  bool plain_ = false; // the newest scalar stood there without quotes
};

/// A line such as %include, which YAML lets a parser skip.
std::optional<std::size_t> unknown_directive(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); at = std::min(text.find('\n', at), text.size()) + 1) {
    const auto line = text.substr(at);
    if (line[0] == '%' && !line.starts_with("%YAML ") && !line.starts_with("%TAG "))
      return at;
  }
  return {};
}

bool is_text(std::string_view text, problem_list& problems) {
  if (text.size() > most_bytes) {
    problems.add({}, "", "larger than 4 MiB, which is no config file");
    return false;
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    problems.add({}, "", "this is UTF-16; save the file as UTF-8");
    return false;
  }
  if (text.find('\n') == text.npos && text.find('\r') != text.npos) {
    problems.add({}, "",
                 "its lines end as on old Macs, in a carriage return; save it with "
                 "line feeds");
    return false;
  }
  if (const auto bad = first_control(text)) {
    char byte[5];
    std::snprintf(byte, sizeof byte, "0x%02x", static_cast<unsigned char>(text[*bad]));
    problems.add(place_of(text, *bad), "",
                 std::string{"not a text file (byte "} + byte + "); it must be UTF-8");
    return false;
  }
  if (const auto bad = first_not_utf8(text)) {
    problems.add(place_of(text, *bad), "", "not UTF-8 from here on; save the file as UTF-8");
    return false;
  }
  if (const auto bad = unknown_directive(text)) {
    problems.add(place_of(text, *bad), "", "a line that begins with '%' is no part of a config");
    return false;
  }
  if (const auto bad = text.find("\xEF\xBB\xBF"); bad != text.npos) {
    problems.add(place_of(text, bad), "",
                 "a byte order mark stands here, which no editor shows; remove it");
    return false;
  }
  return true;
}

} // namespace

node_ptr parse_document(std::string_view text, problem_list& problems, std::string_view if_empty) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF")
    text.remove_prefix(3);
  if (!is_text(text, problems))
    return nullptr;
  builder made{text, problems};
  try {
    // yaml-cpp sees the end of the file within quotes only if that is not the end of a line.
    std::istringstream in{std::string{text} + (text.ends_with('\n') ? "#" : "")};
    YAML::Parser parser{in};
    while (parser.HandleNextDocument(made))
      continue;
    if (made.root() && made.root()->what != node::kind::null)
      return made.root();
    problems.add({}, "", std::string{if_empty});
  } catch (const refusal& r) {
    problems.add(r.at, "", r.what);
  } catch (const YAML::Exception& e) {
    const auto fault = explain_fault(e.msg, mark_of(e.mark), text, made.open_levels());
    problems.add(fault.at, "", fault.what);
  } catch (const std::exception& e) {
    problems.add({}, "", std::string{"cannot be read: "} + e.what());
  }
  return nullptr;
}

} // namespace reeve::config
