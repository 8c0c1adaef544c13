"""Half of the fleet accepts and never answers: do the others suffer?"""
import sys
import time

from measure import Spread
from processes import Program, Reeve, ROOT, address, connects, free_port
from table import Row


def lag_of(bench, services, quantile):
    sizes = bench.sizes
    timeout = min(5, sizes.interval)
    with Reeve(bench.folder, services, f"interval: {sizes.interval}s, timeout: {timeout}s") as reeve:
        time.sleep(sizes.interval + timeout)  # from here on as many hang as ever will
        before = reeve.scrape()
        time.sleep(2 * sizes.interval)
        spread = Spread(before, reeve.scrape(), "reeve_schedule_lag_seconds")
    return spread, spread.quantile_ms(quantile)[2]


def measure(bench):
    sizes = bench.sizes
    port = free_port()
    half = sizes.fleet // 2
    healthy = bench.services(half)
    silent = [f'  silent{i}: {{check: "http://{address(half + i)}:{port}/"}}\n' for i in range(half)]
    alone, alone_ms = lag_of(bench, healthy, 0.99)
    with Program([sys.executable, ROOT / "bench/silent_server.py", port], bench.folder / "silent.log") as server:
        server.until(lambda: connects(port))
        mixed = [line for pair in zip(healthy, silent) for line in pair]
        # The histogram tells not whose lag it counts. If 0.5 % of all are late, at most 1 % of the healthy half are.
        both, both_ms = lag_of(bench, mixed, 0.995)
    yield Row(f"schedule lag p99 of the healthy half, {sizes.fleet:,} services of which half hang",
              f"at most {both.told(0.995)}", f"the healthy alone: {alone.told(0.99)}", "<= 2 x",
              bench.met(both_ms <= 2 * alone_ms))
