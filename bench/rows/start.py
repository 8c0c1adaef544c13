"""From the start of the daemon to its first answer, and to all first verdicts."""
from measure import median
from table import Row


def measure(bench):
    sizes = bench.sizes
    runs = bench.fleet(sizes.fleet)
    load = median(f.load_seconds for f in runs)
    ready = median(f.ready_seconds for f in runs)
    yield Row(f"start, {sizes.fleet:,} services: config loaded, first answer", f"{load:.2f} s", "", "< 1 s",
              bench.met(load < 1))
    # The last first check is due at the very end of the interval; then it has to be answered and told.
    yield Row(f"start, {sizes.fleet:,} services: all first verdicts", f"{ready:.2f} s later",
              f"interval {sizes.interval} s", "<= the interval + 0.1 s", bench.met(ready <= sizes.interval + 0.1))
