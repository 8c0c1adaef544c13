"""Half of the fleet accepts and never answers: do the others suffer?"""
import collections
import sys
import time

from measure import quantile
from processes import Nginx, Program, Reeve, ROOT, address, connects, free_port
from table import Row


def unevenness_ms(arrivals, interval, after):
    """How far from one interval each request of a service came behind the one before; as nginx saw it."""
    by_service = collections.defaultdict(list)
    for line in arrivals.read_text().splitlines():
        moment, service = line.split()
        if float(moment) >= after:
            by_service[service].append(float(moment))
    return [1e3 * abs(later - sooner - interval)
            for moments in by_service.values() for sooner, later in zip(moments, moments[1:])]


def p99_of_the_healthy(bench, name, more):
    sizes = bench.sizes
    timeout = min(5, sizes.interval)
    arrivals = bench.folder / f"arrivals-{name}"
    half = sizes.fleet // 2
    with Nginx(bench.folder, arrivals=arrivals) as nginx:
        healthy = [f'  s{i}: {{check: "http://{address(i)}:{nginx.port}/"}}\n' for i in range(half)]
        mixed = [line for pair in zip(healthy, more) for line in pair] if more else healthy
        with Reeve(bench.folder, mixed, f"interval: {sizes.interval}s, timeout: {timeout}s"):
            time.sleep(sizes.interval + timeout)  # from here on as many hang as ever will
            after = time.time()
            time.sleep(3 * sizes.interval + 0.5)
    return quantile(unevenness_ms(arrivals, sizes.interval, after), 0.99)


def measure(bench):
    sizes = bench.sizes
    port = free_port()
    half = sizes.fleet // 2
    silent = [f'  silent{i}: {{check: "http://{address(half + i)}:{port}/"}}\n' for i in range(half)]
    alone = p99_of_the_healthy(bench, "alone", [])
    with Program([sys.executable, ROOT / "bench/silent_server.py", port], bench.folder / "silent.log") as server:
        server.until(lambda: connects(port))
        both = p99_of_the_healthy(bench, "both", silent)
    yield Row(f"unevenness p99 of the healthy half, {sizes.fleet:,} services of which half hang", f"{both:.1f} ms",
              f"the healthy alone: {alone:.1f} ms", "<= 2 x", bench.met(both <= 2 * alone))
