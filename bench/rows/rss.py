"""Memory by the number of services, before and after a scrape."""
import contextlib

from processes import Reeve
from table import Row


def side_by_side(bench, counts):
    """Memory is not disturbed by company."""
    with contextlib.ExitStack() as stack:
        daemons = [stack.enter_context(Reeve(bench.folder, bench.services(n), f"interval: {bench.sizes.interval}s"))
                   for n in counts]
        for daemon in daemons:
            daemon.ready()
        before = [daemon.rss_kb() for daemon in daemons]
        for daemon in daemons:
            daemon.scrape()
        return list(zip(counts, before, (daemon.rss_kb() for daemon in daemons)))


def measure(bench):
    sizes = bench.sizes
    (_, base, base_after), *found = side_by_side(bench, (1, *sizes.small_fleets))
    for count in (sizes.fleet, sizes.large_fleet):
        run = bench.fleet(count)[-1]
        found.append((count, run.rss_before_kb, run.rss_after_kb))
    yield Row("RSS, 1 service", f"{base / 1024:.1f} MB; {base_after / 1024:.1f} after a scrape")
    for count, before, after in found:
        each, each_after = ((rss - base) / count for rss in (before, after))
        few = count < 1000  # a page of memory more or less is much for few
        yield Row(f"RSS, {count:,} services", f"{before / 1024:.1f} MB; {after / 1024:.1f} after a scrape",
                  "the empty daemon" if few else f"the empty daemon: {each:.1f} kB a service more; {each_after:.1f} after a scrape",
                  "" if few else "<= 3 kB a service", None if few else bench.met(each_after <= 3))
