#!/usr/bin/env python3
"""Fails on an #include that crosses a border of the house (see README, "The rooms")."""
import pathlib
import re
import sys

ROOMS = {
    "supervisor": (set(), []),
    "config": ({"supervisor"}, ["yaml-cpp/", "spdlog/", "re2/", "arpa/inet.h"]), # addresses in digits
    "io": ({"supervisor"},
           ["uv.h", "curl/", "openssl/", "ares.h", "libpq-fe.h", "hiredis/", "re2/", "zlib.h", "brotli/",
            "nlohmann/", "spdlog/"]),
    "storage": ({"supervisor"}, ["sqlite3.h", "spdlog/"]),
    "actors": ({"supervisor", "io"}, ["caf/", "prometheus/", "spdlog/"]),
    "http": ({"supervisor", "io/loop.hpp"}, ["uv.h", "httplib.h", "http_parser.h", "nlohmann/", "spdlog/"]),
    "cli": ({"supervisor", "config", "io", "storage", "actors", "http"}, ["CLI/", "nlohmann/", "spdlog/"]),
}
# The operating system's own headers are for the rooms that touch the world.
SYSTEM = re.compile(r"^(sys|netinet|arpa|net|linux)/|^(unistd|fcntl|signal|spawn|poll|pwd|grp|netdb|dirent|sched|termios|getopt|pthread|dlfcn|malloc|ifaddrs)\.h$")
MAY_TOUCH = {"io", "storage", "http", "cli"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def complaint(room, quote, name):
    rooms, libraries = ROOMS[room]
    if quote == '"':
        if name.startswith(room + "/") or name.split("/")[0] in rooms or name in rooms:
            return None
        return f"{room}/ may not include {name}"
    if any(name.startswith(l) for l in libraries) or "." not in name:
        return None
    if SYSTEM.search(name) and room in MAY_TOUCH:
        return None
    if re.match(r"^(errno|string|stdlib|stdio|time|limits|math|assert|stdint)\.h$", name) and room in MAY_TOUCH:
        return None
    return f"{room}/ may not include <{name}>"


def main(root):
    bad = 0
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.[ch]pp")):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                found = INCLUDE.match(line)
                said = found and complaint(room, *found.groups())
                if said:
                    print(f"{path.relative_to(root)}:{number}: {said}")
                    bad += 1
    # A test that cannot fail proves nothing.
    assert complaint("supervisor", "<", "uv.h") and complaint("http", '"', "actors/handles.hpp")
    assert complaint("http", '"', "io/check.hpp") and not complaint("http", '"', "io/loop.hpp")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
