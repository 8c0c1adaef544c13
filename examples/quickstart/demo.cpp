// A small service that can be broken on purpose.
//
//   reeve-demo serve ADDRESS [UPSTREAM]   answers there; with an upstream it is healthy only if
//                                         that answers too
//   reeve-demo probe ADDRESS              exit code 0 if /health there is good
//   reeve-demo work HEARTBEAT_FILE        touches the file every second; SIGUSR1 makes it forget
//                                         to, as a stuck worker would
//
// An address is HOST:PORT, or a PORT of this host.
#include <httplib.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

namespace {

std::sig_atomic_t volatile stuck = 0;

int count(const httplib::Request& request, const char* name, int otherwise) {
  return request.has_param(name) ? std::atoi(request.get_param_value(name).c_str()) : otherwise;
}

struct address {
  std::string host = "127.0.0.1";
  int port = 0;
};

address parse(const std::string& text) {
  auto colon = text.rfind(':');
  if (colon == std::string::npos)
    return {"127.0.0.1", std::atoi(text.c_str())};
  return {text.substr(0, colon), std::atoi(text.c_str() + colon + 1)};
}

bool answers(const address& at) {
  httplib::Client upstream(at.host, at.port);
  upstream.set_connection_timeout(1);
  upstream.set_read_timeout(1);
  auto reply = upstream.Get("/health");
  return reply && reply->status == 200;
}

int serve(const address& at, const address& upstream) {
  std::atomic<int> failures{0};
  std::atomic<int> delay_ms{0};
  std::atomic<bool> hung{false};
  httplib::Server server;
  server.Get("/", [](const httplib::Request&, httplib::Response& r) {
    r.set_content("Try /health, /crash, /hang, /slow?ms=1500 or /fail?n=3\n", "text/plain");
  });
  server.Get("/health", [&](const httplib::Request&, httplib::Response& r) {
    while (hung)
      std::this_thread::sleep_for(std::chrono::hours{1});
    std::this_thread::sleep_for(std::chrono::milliseconds{delay_ms});
    bool failing = failures > 0 && failures-- > 0;
    if (upstream.port != 0 && !answers(upstream))
      failing = true;
    r.status = failing ? 500 : 200;
    r.set_content(failing ? R"({"status":"failing"})" : R"({"status":"ok"})", "application/json");
  });
  server.Get("/crash", [](const httplib::Request&, httplib::Response&) {
    std::cerr << "crashing, as asked" << std::endl;
    std::abort();
  });
  server.Get("/hang", [&](const httplib::Request&, httplib::Response& r) {
    hung = true;
    r.set_content("/health will never answer again\n", "text/plain");
  });
  server.Get("/slow", [&](const httplib::Request& request, httplib::Response& r) {
    delay_ms = count(request, "ms", 1'000);
    r.set_content("/health now takes its time\n", "text/plain");
  });
  server.Get("/fail", [&](const httplib::Request& request, httplib::Response& r) {
    failures = count(request, "n", 1);
    r.set_content("/health will fail\n", "text/plain");
  });
  // Not SO_REUSEPORT, cpp-httplib's choice, which lets two have one port.
  server.set_socket_options([](auto socket) {
    const int on = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  });
  if (!server.bind_to_port(at.host.c_str(), at.port)) {
    std::cerr << "cannot listen on " << at.host << ":" << at.port
              << ": is the port taken, by another of these?" << std::endl;
    return 1;
  }
  std::cout << "listening on " << at.host << ":" << at.port << std::endl;
  return server.listen_after_bind() ? 0 : 1;
}

int work(const std::string& heartbeat_file) {
  std::signal(SIGUSR1, [](int) { stuck = 1; });
  std::cout << "working; the heartbeat is " << heartbeat_file << std::endl;
  for (;;) {
    if (stuck == 0)
      std::ofstream{heartbeat_file}
        << std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()) << '\n';
    std::this_thread::sleep_for(std::chrono::seconds{1});
  }
}

} // namespace

int main(int argc, char** argv) {
  // The first process of a container has no default actions: without this, each `docker stop` would
  // wait until it may kill.
  if (getpid() == 1)
    std::signal(SIGTERM, [](int) { _exit(128 + SIGTERM); });
  std::string mode = argc > 2 ? argv[1] : "";
  if (mode == "serve")
    return serve(parse(argv[2]), argc > 3 ? parse(argv[3]) : address{});
  if (mode == "probe")
    return answers(parse(argv[2])) ? 0 : 1;
  if (mode == "work")
    return work(argv[2]);
  std::cerr << "usage: reeve-demo serve ADDRESS [UPSTREAM] | probe ADDRESS | work HEARTBEAT_FILE"
            << std::endl;
  return 2;
}
