#include "tests/config/fixture.hpp"

#include <cstdlib>
#include <fstream>

namespace reeve::config {
namespace {

std::string where(const server_spec& server) {
  std::string all;
  for (const auto& at : server.listen)
    all += (all.empty() ? "" : ", ")
           + (at.unix_socket.empty() ? at.host + " " + std::to_string(at.port) : at.unix_socket);
  return all + (server.token_file.empty() ? "" : "; " + server.token_file);
}

/// Where the daemon listens whose file holds `text`, as host and port; or what is wrong.
std::string listens(const std::string& text, const environment& env = environment_of({})) {
  auto name = (std::filesystem::temp_directory_path() / "reeve-listen-XXXXXX").string();
  const std::filesystem::path folder{mkdtemp(name.data())};
  const auto file = folder / "reeve.yaml";
  std::ofstream{file} << text;
  const auto read = load_listen(file, env);
  std::filesystem::remove_all(folder);
  if (const auto* server = std::get_if<server_spec>(&read))
    return where(*server);
  return lines({std::get<problem>(read)});
}

const std::string services = "services: {a: {check: tcp://a:1}}\n";

TEST(where_it_listens, is_what_the_file_says_or_the_default) {
  EXPECT_EQ(listens("server: {listen: 0.0.0.0:9000}\n" + services), "0.0.0.0 9000");
  EXPECT_EQ(listens("server: {listen: \"127.0.0.1:${PORT}\"}\n", environment_of({{"PORT", "77"}})),
            "127.0.0.1 77");
  EXPECT_EQ(listens(services), "127.0.0.1 8006");
  EXPECT_EQ(listens("server: {health: {fail_on: degraded}}\n" + services), "127.0.0.1 8006");
  EXPECT_EQ(listens("server: {listen: [unix:/run/r.sock, 0.0.0.0:9000], token_file: /t}\n"),
            "/run/r.sock, 0.0.0.0 9000; /t");
}

TEST(where_it_listens, is_known_whatever_else_is_wrong) {
  const std::string server = "server: {listen: 127.0.0.1:9000, helth: 1, token_file: []}\n";
  EXPECT_EQ(listens(server + "services: 7\nservces: 8\nservices: 9\n"), "127.0.0.1 9000");
  EXPECT_EQ(listens("services: {a: {chek: tcp://a:1}}\n"), "127.0.0.1 8006");
  EXPECT_EQ(listens("server: {health: 7}\n"), "127.0.0.1 8006");
}

TEST(where_it_listens, is_not_guessed) {
  EXPECT_EQ(listens("server: {lisen: 127.0.0.1:9000}\n" + services),
            "reeve.yaml:1:10: server.lisen: unknown key; did you mean 'listen'?\n");
  EXPECT_EQ(listens("sever: {listen: 127.0.0.1:9000}\n" + services),
            "reeve.yaml:1:1: sever: unknown key; did you mean 'server'?\n");
  EXPECT_EQ(listens("server: {listen: 127.0.0.1:9000, listen: 127.0.0.1:9001}\n"),
            "reeve.yaml:1:34: server.listen: duplicate key; the first is on line 1\n");
  EXPECT_EQ(listens("server: {listen: \"127.0.0.1:${PORT}\"}\n"),
            problems_of("server: {listen: \"127.0.0.1:${PORT}\"}\n" + services));
  EXPECT_NE(listens("server: {listen: 127.0.0.1:9000\n").find("is never closed"),
            std::string::npos);
  EXPECT_EQ(listens("[]\n"), "reeve.yaml:1:1: must be a map, not a list\n");
  EXPECT_EQ(listens(""), "reeve.yaml: empty; at least one service is needed\n");
  EXPECT_EQ(lines({std::get<problem>(load_listen("/nowhere/reeve.yaml", environment_of({})))}),
            "reeve.yaml: cannot be opened: No such file or directory\n");
}

} // namespace
} // namespace reeve::config
