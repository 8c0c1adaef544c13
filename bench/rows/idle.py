"""What watching hardly anything costs."""
import time

from processes import Reeve
from table import Row


def measure(bench):
    seconds = bench.sizes.idle_seconds
    nothing = "  s0: {process: {command: [sleep, 99999]}}\n"
    with Reeve(bench.folder, bench.services(6), "interval: 30s") as six, Reeve(bench.folder, [nothing]) as empty:
        time.sleep(min(11, seconds))  # the first checks are over
        before = six.cpu(), empty.cpu()
        time.sleep(seconds)
        shares = [100 * (daemon.cpu() - b) / seconds for daemon, b in zip((six, empty), before)]
    yield Row("idle, 6 services at 30 s", f"{shares[0]:.3f} % of a core", f"the empty daemon {shares[1]:.3f} %", "< 0.1 %",
              bench.met(shares[0] < 0.1))
