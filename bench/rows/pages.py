"""/metrics and /health while checks run."""
import subprocess
import time

from measure import Spread, median
from processes import Failed, Reeve, helper, needed, result
from table import Row


def scrape_ms(reeve):
    """As curl sees it: Python's own reading of 12 MB in chunks would take longer than the scrape."""
    done = subprocess.run([needed("curl"), "-sSf", "-o", "/dev/null", "-w", "%{time_total}",
                           f"http://127.0.0.1:{reeve.port}/metrics"], stdout=subprocess.PIPE, text=True, check=True)
    return 1000 * float(done.stdout)


def scrape_often(reeve, count):
    """Wall milliseconds of the scrapes, the loop's longest turns between them, and how late checks were meanwhile."""
    took, turns = [], []
    before = reeve.scrape()
    for _ in range(count):
        took.append(scrape_ms(reeve))
        turns.append(1000 * reeve.scrape().value("reeve_loop_longest_turn_seconds"))
        time.sleep(0.3)
    return took, turns, Spread(before, reeve.scrape(), "reeve_schedule_lag_seconds")


def metrics(bench):
    sizes = bench.sizes
    for count in sizes.page_fleets:
        text = result(helper("metrics_text", count, 9))
        own, stock = text["reeve_ms"], text["stock_ms"]
        if text["reeve_bytes"] < text["stock_bytes"] / 2:
            raise Failed(f"metrics_text: these are not the same series: {text}")
        yield Row(f"CPU of the text of {count:,} services", f"{own:.2f} ms",
                  f"prometheus-cpp {stock:.1f} ms: 1/{stock / own:.0f}", "<= 1/10", bench.met(own <= stock / 10))
    largest = sizes.page_fleets[-1]
    with Reeve(bench.folder, bench.services(largest), f"interval: {sizes.interval}s") as reeve:
        reeve.ready()
        took, turns, lag = scrape_often(reeve, sizes.scrapes)
    yield Row(f"/metrics of {largest:,} services, median wall time", f"{median(took):.1f} ms", f"{len(took)} scrapes",
              "< 20 ms", bench.met(median(took) < 20))
    yield Row("longest turn of the loop while scraped", f"median {median(turns):.1f} ms, most {max(turns):.1f} ms",
              f"schedule lag p99.9 meanwhile {lag.told(0.999)}", "< 20 ms", bench.met(max(turns) < 20))


def health(bench):
    sizes = bench.sizes
    count = sizes.page_fleets[0]
    with Reeve(bench.folder, bench.services(count), f"interval: {sizes.interval}s") as reeve:
        reeve.ready()
        runs = [result(helper("http_load", reeve.port, "/health", 64, sizes.load_seconds)) for _ in range(sizes.rounds)]
    if any(run["bad"] or not run["answers"] for run in runs):
        raise Failed(f"/health: {runs}")
    rate, p99 = (median(run[key] for run in runs) for key in ("per_second", "p99_ms"))
    yield Row(f"/health of {count:,} services, 64 clients, checks running", f"{rate:,.0f} requests/s, p99 {p99:.1f} ms", "",
              ">= 30,000/s, p99 < 10 ms", bench.met(rate >= 30_000 and p99 < 10))
