#!/usr/bin/env python3
"""Measures the release build and prints one table. `--quick`: shorter, to see that it works."""
import argparse
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Reeve:
    """The daemon with a config; its own port in `port`."""

    def __init__(self, config, name):
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="reeve-bench-")
        path = pathlib.Path(self.folder.name, "reeve.yaml")
        path.write_text(f'server: {{listen: "127.0.0.1:{self.port}"}}\n{config}')
        self.log = open(pathlib.Path(self.folder.name, "log"), "w")
        self.process = subprocess.Popen([BUILD / "reeve", "run", "-c", path], cwd=ROOT, stderr=self.log)
        self.name = name

    def __enter__(self):
        deadline = time.monotonic() + 30
        while self.get("/readyz") != 200:
            if time.monotonic() > deadline or self.process.poll() is not None:
                sys.exit(f"bench: reeve is not ready ({self.name}): {open(self.log.name).read()}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.folder.cleanup()

    def get(self, path):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5).status
        except urllib.error.HTTPError as e:
            return e.code
        except OSError:
            return 0

    def cpu_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_mb(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0


def quickstart_idle(quick):
    config = (ROOT / "examples/quickstart/reeve.yaml").read_text()
    config = config.replace("8100", str(free_port())).replace("8101", str(free_port()))
    with Reeve(config, "quickstart") as reeve:
        time.sleep(3)
        seconds = 10 if quick else 60
        before = reeve.cpu_seconds()
        time.sleep(seconds)
        share = 100 * (reeve.cpu_seconds() - before) / seconds
        yield "quickstart idle, RSS", f"{reeve.rss_mb():.1f} MB", "< 18 MB"
        yield "quickstart idle, CPU", f"{share:.2f} % of a core", "< 0.3 %"


def pids_of(mark):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                line = open(f"/proc/{entry}/cmdline").read().replace("\0", " ")
            except OSError:
                continue
            if line.startswith(mark):
                found.append(int(entry))
    return found


def killed_child(quick):
    mark = f"sleep 90000.{os.getpid()}"
    config = (f'services: {{w: {{process: {{command: [{mark.replace(" ", ", ")}]}}, restart: {{backoff: none}}}}}}\n'
              "tree: {intensity: {restarts: 100000, within: 1m}}\n")
    took = []
    with Reeve(config, "killed child"):
        for _ in range(20 if quick else 200):
            (victim,) = pids_of(mark)
            start = time.monotonic()
            os.kill(victim, signal.SIGKILL)
            while pids_of(mark) in ([], [victim]):
                pass
            took.append(1000 * (time.monotonic() - start))
            time.sleep(0.01)
    yield "killed child until its replacement runs (seen from outside), median", f"{statistics.median(took):.1f} ms", "< 50 ms"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true")
    quick = arguments.parse_args().quick
    rows = [row for bench in (quickstart_idle, killed_child) for row in bench(quick)]
    width = [max(len(row[i]) for row in rows) for i in range(3)]
    for row in rows:
        print("  ".join(text.ljust(w) for text, w in zip(row, width)).rstrip())


if __name__ == "__main__":
    main()
