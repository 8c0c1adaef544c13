// beacon SOCKET: tells, as the first thing it does, its pid and the monotonic time in nanoseconds
// to a Unix datagram socket; then waits to be killed.

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char** argv) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (argc != 2 || strlen(argv[1]) >= sizeof to.sun_path)
    return 2;
  strcpy(to.sun_path, argv[1]);
  char text[64];
  const int size = snprintf(text, sizeof text, "%d %lld", static_cast<int>(getpid()),
                            static_cast<long long>(now.tv_sec) * 1'000'000'000 + now.tv_nsec);
  const int s = socket(AF_UNIX, SOCK_DGRAM, 0);
  if (sendto(s, text, static_cast<size_t>(size), 0, reinterpret_cast<sockaddr*>(&to), sizeof to)
      < 0)
    return 1;
  for (;;)
    pause();
}
