"""What a check of each kind costs, all against servers of the bench's own."""
import contextlib

from measure import cpu_per_check
from processes import Failed, Missing, Reeve
from servers import Dns, Postgres, Redis, Servers, understood
from table import Row

# (name, the check's YAML, how many of the usual number of services; what costs the machine more is asked less often)
KINDS = [
    ("http, fresh connection", lambda at, start: f'"http://127.0.0.1:{at.nginx.port}/"', 1),
    ("http, kept connection", lambda at, start: f'{{http: "http://127.0.0.1:{at.nginx.port}/", connection: kept}}', 1),
    ("tcp", lambda at, start: f'"tcp://127.0.0.1:{at.nginx.port}"', 1),
    ("redis, kept connection", lambda at, start: f'"{start(Redis).url}"', 1),
    ("redis, fresh connection", lambda at, start: f'{{redis: "{start(Redis).url}", connection: fresh}}', 1),
    ("postgres, kept connection", lambda at, start: f'"{start(Postgres).url}"', 1),
    ("postgres, fresh connection", lambda at, start: f'{{postgres: "{start(Postgres).url}", connection: fresh}}', 0.1),
    ("dns", lambda at, start: f'{{dns: bench.test, server: "{start(Dns).server}"}}', 1),
    ("exec /bin/true", lambda at, start: "{exec: [/bin/true]}", 0.1),
]
INTERVAL = "200ms"


def row_of(bench, what, check, share):
    sizes = bench.sizes
    services = [f"  s{i}: {{check: {check}}}\n" for i in range(int(sizes.kind_services * share))]
    if not understood(bench.folder, services[0]):
        return Row(what, "not in this version")
    with Reeve(bench.folder, services, f"interval: {INTERVAL}") as reeve:
        reeve.ready()
        cost = cpu_per_check(reeve, lambda: reeve.scrape().checks_run(), max(1, sizes.window // 2))
        up = reeve.scrape().value("reeve_service_up")
    told = f"{len(services)} services at {INTERVAL}"
    return Row(what, f"{cost:.0f} us", told if up == len(services) else f"{told}, only {up:.0f} of them healthy")


def measure(bench):
    problems = []
    with contextlib.ExitStack() as stack:
        start = Servers(bench.folder, stack)
        for name, check, share in KINDS:
            what = f"CPU of a check: {name}"
            try:
                yield row_of(bench, what, check(bench, start), share)
            except Missing as missing:
                yield Row(what, str(missing))
            except Failed as problem:
                problems.append(f"{name}: {problem}")
    if problems:
        raise Failed("; ".join(problems))
