"""Fleets of HTTP services, which several rows look at: each is measured once."""
import dataclasses
import time

from measure import Spread, cpu_per_check
from processes import Reeve, address
from table import Row


@dataclasses.dataclass
class Facts:
    """One run of the daemon with so many services."""
    load_seconds: float
    ready_seconds: float
    rss_before_kb: int
    rss_after_kb: int  # a scrape
    cpu_us: float      # per check
    lag: Spread


class Bench:
    """What the rows share."""

    def __init__(self, folder, sizes, nginx):
        self.folder, self.sizes, self.nginx = folder, sizes, nginx
        self.fleets = {}

    def met(self, fine):
        return fine if self.sizes.judged else None

    def services(self, count):
        return [f'  s{i}: {{check: "http://{address(i)}:{self.nginx.port}/"}}\n' for i in range(count)]

    def fleet(self, count):
        """All runs so far of a fleet of this size, at least one."""
        if count not in self.fleets:
            self.run_fleet(count)
        return self.fleets[count]

    def run_fleet(self, count):
        with Reeve(self.folder, self.services(count), f"interval: {self.sizes.interval}s") as reeve:
            ready = reeve.ready()
            before = reeve.rss_kb()
            first = reeve.scrape()
            after = reeve.rss_kb()
            time.sleep(1)  # what the scrape brought is over
            cpu = cpu_per_check(reeve, self.nginx.asked, self.sizes.window)
            lag = Spread(first, reeve.scrape(), "reeve_schedule_lag_seconds")
            facts = Facts(reeve.load_seconds, ready, before, after, cpu, lag)
        self.fleets.setdefault(count, []).append(facts)
        return facts


def lag(bench):
    sizes = bench.sizes
    for count, aim in ((sizes.fleet, 5), (sizes.large_fleet, 20)):
        runs = sorted(bench.fleet(count), key=lambda f: f.lag.quantile_ms(0.99)[2])
        middle = runs[len(runs) // 2].lag
        yield Row(f"schedule lag p99, {count:,} services at {sizes.interval} s", middle.told(0.99),
                  f"{middle.total:.0f} checks", f"< {aim} ms", bench.met(middle.quantile_ms(0.99)[2] < aim))
