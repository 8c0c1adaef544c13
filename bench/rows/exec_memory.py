"""An exec check must not cost more in a large daemon: a fork's page tables would."""
from measure import median
from processes import helper, result
from table import Row

SMALL_MB, LARGE_MB = 20, 400


def measure(bench):
    cost = {SMALL_MB: [], LARGE_MB: []}
    for _ in range(bench.sizes.rounds):
        for size in cost:
            cost[size].append(result(helper("exec_memory", size, bench.sizes.exec_runs))["microseconds"])
    small, large = median(cost[SMALL_MB]), median(cost[LARGE_MB])
    yield Row(f"CPU of an exec check, daemon of {LARGE_MB} MB", f"{large:.0f} us",
              f"daemon of {SMALL_MB} MB: {small:.0f} us", "flat: <= 1.2 x", bench.met(large <= 1.2 * small))
