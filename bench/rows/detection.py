"""A service hangs, or refuses: from the fault until its new instance answers. All settings are the defaults."""
import statistics
import sys
import threading
import time

from processes import ROOT, Reeve, free_port, get
from table import Row

# Seconds, mean, by the documented arithmetic of each: half a period until the first check, what the failing checks take
# and the pauses between them, half a turn of who looks, and the first wait before a restart. The service ends at once when
# it is asked to, and starts at once.
RIVALS = {
    # period 10, timeout 1, threshold 3, at fixed times; the first restart does not wait
    "hang": {"kubelet": 5 + 2 * 10 + 1,
             # interval 30 from the end of a run, timeout 30, retries 3; nobody restarts
             "Docker's HEALTHCHECK (unhealthy, not restarted)": 15 + 30 + 2 * (30 + 30),
             "with autoheal": 15 + 30 + 2 * (30 + 30) + 2.5},  # which polls every 5 s
    "refuse": {"kubelet": 5 + 2 * 10,
               "Docker's HEALTHCHECK (unhealthy, not restarted)": 15 + 2 * 30,
               "with autoheal": 15 + 2 * 30 + 2.5},
}
AIMS = {"hang": 42, "refuse": 26}
WORDS = {"hang": "hangs", "refuse": "refuses"}


def seconds_until_another_answers(port, fault, limit):
    _, pid = get(port, f"/{fault}")
    began = time.monotonic()
    while time.monotonic() - began < limit:
        status, other = get(port, "/", 0.5)
        if status == 200 and other != pid:
            return time.monotonic() - began
        time.sleep(0.05)
    return None


def broken_once(bench, fault):
    """Each of the services fails once, at times spread evenly over an interval."""
    sizes = bench.sizes
    ports = [free_port() for _ in range(sizes.victims)]
    services = [f"  v{i}: {{process: {{command: [{sys.executable}, {ROOT}/bench/victim.py, '{port}']}}, "
                f"check: 'http://127.0.0.1:{port}/'}}\n" for i, port in enumerate(ports)]
    took = [None] * len(ports)

    def fail(i):
        time.sleep(i * sizes.victim_interval / len(ports))
        took[i] = seconds_until_another_answers(ports[i], fault, 10 * sizes.victim_interval)

    with Reeve(bench.folder, services, f"interval: {sizes.victim_interval}s") as reeve:
        reeve.ready()
        threads = [threading.Thread(target=fail, args=(i,)) for i in range(len(ports))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return took


def measure(bench):
    for fault, rivals in RIVALS.items():
        took = broken_once(bench, fault)
        back = [seconds for seconds in took if seconds is not None]
        mean = statistics.mean(back) if back else float("inf")
        fine = len(back) == len(took) and mean <= AIMS[fault]
        yield Row(f"a service {WORDS[fault]} until its new instance answers, defaults",
                  f"{mean:.0f} s, at most {max(back, default=0):.0f}; {len(back)} of {len(took)} back",
                  ", ".join(f"{name}: {seconds:.0f} s" for name, seconds in rivals.items()) + " (computed)",
                  f"<= {AIMS[fault]} s, all", bench.met(fine))
