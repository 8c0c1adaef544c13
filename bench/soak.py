"""1,000 checks a second of mixed kinds for some minutes: do memory and descriptors stay flat?"""
import contextlib
import time

from measure import descriptors, median
from processes import Missing, Reeve, address
from servers import Postgres, Redis, Servers, understood

SAMPLE_SECONDS = 5


def mixed(bench, start):
    """Services whose checks come each second, and what there is of each kind."""
    nginx = bench.nginx
    kinds = [("http", lambda i: f'"http://{address(i)}:{nginx.port}/"', 700),
             ("tcp", lambda i: f'"tcp://{address(i)}:{nginx.port}"', 200),
             ("exec", lambda i: "{exec: [/bin/true]}", 5),
             ("redis", lambda i: f'"{start(Redis).url}"', 50),
             ("postgres", lambda i: f'"{start(Postgres).url}"', 45)]
    services, there = [], []
    for kind, check, count in kinds:
        try:
            lines = [f"  {kind}{i}: {{check: {check(i)}}}\n" for i in range(count)]
        except Missing:
            continue
        if understood(bench.folder, lines[0]):
            services += lines
            there.append(f"{count} {kind}")
    return services, there


def watch(reeve, minutes):
    """(seconds, resident kB, descriptors), each few seconds."""
    samples, began = [], time.monotonic()
    while not samples or samples[-1][0] < 60 * minutes:
        time.sleep(SAMPLE_SECONDS)
        samples.append((time.monotonic() - began, reeve.rss_kb(), descriptors(reeve.pid)))
    return samples


def flat(samples):
    """The last third against the first, the first fifth left out; 2 % and half a megabyte, and 20 descriptors, are noise."""
    settled = samples[len(samples) // 5:]
    third = max(1, len(settled) // 3)
    first, last = settled[:third], settled[-third:]
    rss = [median(s[1] for s in part) for part in (first, last)]
    fds = [median(s[2] for s in part) for part in (first, last)]
    return rss[1] <= 1.02 * rss[0] + 512 and fds[1] <= fds[0] + 20


def run(bench, minutes):
    with contextlib.ExitStack() as stack:
        services, there = mixed(bench, Servers(bench.folder, stack))
        print(f"soak: {minutes:g} min of {', '.join(there)} services, each checked every second", flush=True)
        with Reeve(bench.folder, services, "interval: 1s") as reeve:
            reeve.ready()
            first = reeve.scrape()
            samples = watch(reeve, minutes)
            last = reeve.scrape()
    for when, sample in zip(("start", "middle", "end"), (samples[0], samples[len(samples) // 2], samples[-1])):
        print(f"{when:7} {sample[0]:6.0f} s  {sample[1] / 1024:7.1f} MB  {sample[2]:5} descriptors")
    rate = (last.checks_run() - first.checks_run()) / samples[-1][0]
    healthy = last.value("reeve_service_up")
    print(f"{'flat' if flat(samples) else 'NOT FLAT'}: {rate:.0f} checks/s, {healthy:.0f} of {len(services)} services healthy")
    return rate > 0 and healthy > 0
