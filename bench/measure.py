"""Reading numbers: from the kernel, and from a scrape of /metrics."""
import math
import os
import re
import statistics
import time

median = statistics.median


def cpu_seconds(pid):
    """User and system time of all threads of one process, its children not counted; in nanosecond steps."""
    return time.clock_gettime((~pid << 3) | 2)


def rss_kb(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(q * len(ordered)) - 1)]


class Scrape:
    """The text of /metrics."""

    def __init__(self, text):
        self.text = text

    def value(self, name):
        """Of all samples of a name, whatever their labels, the sum."""
        found = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", self.text, re.MULTILINE)
        return sum(float(number) for number in found)

    def buckets(self, name):
        found = re.findall(rf'^{name}_bucket{{le="([^"]+)"}} (\S+)$', self.text, re.MULTILINE)
        return {float(bound): float(count) for bound, count in found}

    def checks_run(self):
        return self.value("reeve_schedule_lag_seconds_count")


class Spread:
    """What a histogram counted between two scrapes; quantiles are as fine as its buckets."""

    def __init__(self, before, after, name):
        old = before.buckets(name)
        counts = {bound: count - old.get(bound, 0) for bound, count in after.buckets(name).items()}
        self.cumulative = sorted(counts.items())
        self.total = self.cumulative[-1][1] if self.cumulative else 0

    def quantile_ms(self, q):
        """(lower bound, upper bound, estimate) in milliseconds; the estimate is linear inside the bucket."""
        low, under = 0.0, 0.0
        for bound, count in self.cumulative:
            if count >= q * self.total and self.total:
                share = (q * self.total - under) / (count - under) if count > under else 1
                guess = low + share * (bound - low) if bound != math.inf else math.inf
                return 1000 * low, 1000 * bound, 1000 * guess
            low, under = bound, count
        return 0.0, math.inf, math.inf

    def told(self, q):
        low, high, guess = self.quantile_ms(q)
        if low == 0:
            return f"< {high:g} ms"
        return f"> {low:g} ms" if math.isinf(high) else f"{guess:.1f} ms (between {low:g} and {high:g})"


def cpu_per_check(program, count, seconds):
    """Microseconds of `program` for each of what `count` counts, over `seconds`."""
    counted, cpu = count(), program.cpu()
    time.sleep(seconds)
    cpu, counted = program.cpu() - cpu, count() - counted
    return 1e6 * cpu / counted if counted else math.inf
