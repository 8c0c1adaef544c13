#pragma once

#include "tests/http/fixture.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace reeve::http {

class pages : public server_test {
protected:
  using json = nlohmann::json;

  json get_json(const std::string& path, int status = 200) {
    const auto got = client{port_}.get(path);
    EXPECT_EQ(got.status, status) << path << " said " << got.body;
    EXPECT_EQ(got.headers.at("content-type"), "application/json");
    auto parsed = json::parse(got.body, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << got.body;
    return parsed;
  }

  std::string error_of(const std::string& path, int status) {
    const auto said = get_json(path, status);
    return said["error"].value("code", "") + ": " + said["error"].value("message", "");
  }
};

} // namespace reeve::http
