#!/usr/bin/env python3
"""Fails on an #include that crosses a border of the house (see README, "The rooms"), and on files that
cannot be read without each other."""
import pathlib
import re
import sys

# What a room may include: other rooms (or parts of them), and libraries.
ROOMS = {
    "supervisor": (set(), []),
    "config": ({"supervisor"}, ["yaml-cpp/", "spdlog/", "re2/", "arpa/inet.h"]), # addresses in digits
    "io": ({"supervisor"},
           ["uv.h", "http_parser.h", "openssl/", "ares.h", "libpq-fe.h", "hiredis/", "re2/", "zlib.h", "brotli/",
            "nlohmann/", "spdlog/"]),
    "storage": ({"supervisor"}, ["sqlite3.h", "spdlog/"]),
    "actors": ({"supervisor", "io"}, ["caf/", "prometheus/", "spdlog/"]),
    "http": ({"supervisor", "io/loop"}, ["uv.h", "httplib.h", "http_parser.h", "nlohmann/", "spdlog/"]),
    "cli": ({"supervisor", "config", "io", "storage", "actors", "http"}, ["CLI/", "nlohmann/", "spdlog/"]),
}
# What a part of a room may include of its room, itself apart; "": files that lie in no part.
PARTS = {
    "supervisor": {
        "": set(),
        "specs": {""},
        "facts": {"", "specs"},
        "checks": {"", "specs", "facts"},
        "restarts": {"", "specs", "facts"},
        "tree": {"", "specs", "facts", "checks", "restarts"},
        "play": {"", "specs", "facts", "restarts", "tree"},
    },
    "io": {
        "loop": set(),
        "names": {"loop"},
        "net": {"loop", "names"},
        "docker": {"loop", "net"},
        "processes": {"loop"},
        "checks": {"loop", "names", "net", "docker", "processes"},
        "host": {"loop"},
        "": {"loop", "docker", "processes"},
    },
    "http": {"front": set(), "pages": {"front"}, "": {"front", "pages"}},
    "actors": {"caf": set(), "": {"caf"}},
}
# The operating system's own headers are for the rooms that touch the world.
SYSTEM = re.compile(r"^(sys|netinet|arpa|net|linux)/|^(unistd|fcntl|signal|spawn|poll|pwd|grp|netdb|dirent|sched|termios|getopt|pthread|dlfcn|malloc|ifaddrs)\.h$")
MAY_TOUCH = {"io", "storage", "http", "cli"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
# A header that begins so belongs to NAME.hpp of its folder.
INSIDE = re.compile(r"^// The inside of `(\w+)`", re.MULTILINE)


def part(path):
    """Of "io/net/dial.hpp": ("io", "net")."""
    folders = path.split("/")[:-1]
    return folders[0], folders[1] if len(folders) > 1 else ""


def complaint(file, quote, name):
    room, mine = part(file)
    rooms, libraries = ROOMS[room]
    if quote == '"':
        if "/" not in name or name.split("/")[0] not in ROOMS:
            return f"{name}: paths begin with a room"
        other, theirs = part(name)
        if other == room:
            if theirs == mine or room not in PARTS or theirs in PARTS[room].get(mine, set()):
                return None
            return f"{room}/{mine or '*'} may not include {name}"
        return None if other in rooms or f"{other}/{theirs}" in rooms else f"{room}/ may not include {name}"
    if any(name.startswith(l) for l in libraries) or "." not in name:
        return None
    if SYSTEM.search(name) and room in MAY_TOUCH:
        return None
    if re.match(r"^(errno|string|stdlib|stdio|time|limits|math|assert|stdint)\.h$", name) and room in MAY_TOUCH:
        return None
    return f"{room}/ may not include <{name}>"


def knots(includes):
    """Sets of two and more that all include each other, by whatever way. Tarjan's algorithm."""
    number, lowest, stack, found = {}, {}, [], []

    def visit(v):
        number[v] = lowest[v] = len(number)
        stack.append(v)
        for w in includes.get(v, ()):
            if w not in number:
                visit(w)
            if w in stack:
                lowest[v] = min(lowest[v], lowest[w])
        if lowest[v] == number[v]:
            knot = stack[stack.index(v):]
            del stack[stack.index(v):]
            if len(knot) > 1:
                found.append(sorted(knot))

    for v in list(includes):
        if v not in number:
            visit(v)
    return found


def main(root):
    bad = 0
    includes = {}
    texts = {str(p.relative_to(root)): p.read_text() for room in ROOMS for p in sorted((root / room).rglob("*.[ch]pp"))}
    inside = {f: f"{f.rsplit('/', 1)[0]}/{m.group(1)}" for f, text in texts.items() if (m := INSIDE.search(text))}

    def unit(file): # x.hpp and x.cpp are one, and what is inside of x with them
        stem = file.rsplit(".", 1)[0]
        return inside.get(stem + ".hpp", stem)

    for file, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            said = complaint(file, *found.groups())
            if found.group(1) == '"':
                name = found.group(2)
                if unit(name) != unit(file):
                    includes.setdefault(unit(file), set()).add(unit(name))
                if name in inside and not unit(file).startswith(inside[name]):
                    said = f"{name} is the inside of {inside[name]}"
            if said:
                print(f"{file}:{number}: {said}")
                bad += 1
    for knot in knots(includes):
        print("none of these can be read without the others: " + ", ".join(knot))
        bad += 1
    # A test that cannot fail proves nothing.
    assert complaint("supervisor/text.cpp", "<", "uv.h") and complaint("http/server.cpp", '"', "actors/handles.hpp")
    assert complaint("http/server.cpp", '"', "io/checks/check.hpp") and not complaint("http/server.cpp", '"', "io/loop/loop.hpp")
    assert complaint("io/loop/loop.hpp", '"', "io/net/dial.hpp") and not complaint("io/net/dial.hpp", '"', "io/loop/loop.hpp")
    assert complaint("supervisor/text.hpp", '"', "supervisor/specs/service_spec.hpp")
    assert knots({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c"]] and not knots({"a": {"b"}, "b": set()})
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
