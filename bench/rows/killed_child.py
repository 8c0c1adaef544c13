"""A child is killed: how long until its replacement runs, by the clock of the replacement itself."""
import os
import signal
import socket
import time

from measure import quantile
from processes import BUILD, Failed, Reeve
from table import Row


def next_start(listener):
    """(pid, monotonic nanoseconds) of the next process that begins to run."""
    try:
        pid, at = listener.recv(100).split()
    except TimeoutError:
        raise Failed("no replacement within 10 s") from None
    return int(pid), int(at)


def measure(bench):
    path = bench.folder / "beacon.sock"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(path))
    listener.settimeout(10)
    service = f"  w: {{process: {{command: [{BUILD}/bench/beacon, {path}]}}, restart: {{backoff: none}}}}\n"
    took = []
    with listener, Reeve(bench.folder, [service], more="tree: {intensity: {restarts: 100000, within: 1m}}"):
        victim, _ = next_start(listener)
        for _ in range(bench.sizes.kills):
            time.sleep(0.01)
            killed = time.monotonic_ns()
            os.kill(victim, signal.SIGKILL)
            victim, began = next_start(listener)
            took.append((began - killed) / 1e6)
    p50, p99 = quantile(took, 0.5), quantile(took, 0.99)
    yield Row("killed child until its replacement is in main()", f"p50 {p50:.2f} ms, p99 {p99:.2f} ms",
              f"{len(took)} kills, seen from outside", "p99 < 5 ms", bench.met(p99 < 5))
