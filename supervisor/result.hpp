#pragma once

#include <string>
#include <utility>
#include <variant>

namespace reeve {

/// Why something could not be done: one sentence that says what to do about it.
struct error {
  std::string sentence;

  bool operator==(const error&) const = default;
};

/// A value or the error that took its place.
template <class T>
class result {
public:
  result(T value) : content_{std::move(value)} {
  }
  result(error e) : content_{std::move(e)} {
  }

  explicit operator bool() const {
    return content_.index() == 0;
  }

  /// REQUIRES: holds a value.
  T& operator*() {
    return std::get<0>(content_);
  }
  const T& operator*() const {
    return std::get<0>(content_);
  }
  T* operator->() {
    return &std::get<0>(content_);
  }
  const T* operator->() const {
    return &std::get<0>(content_);
  }

  /// REQUIRES: holds an error.
  const std::string& sentence() const {
    return std::get<1>(content_).sentence;
  }

private:
  std::variant<T, error> content_;
};

/// For what yields nothing but may fail.
using status = result<std::monostate>;

} // namespace reeve
