"""How much is measured: by a full run, and by one that only shows that everything works."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Sizes:
    fleet: int            # services of the usual fleet, one check each interval
    large_fleet: int
    small_fleets: tuple
    page_fleets: tuple    # for /metrics; /health takes the first
    interval: int         # seconds
    window: int           # seconds that one measurement takes
    rounds: int           # that rivals take in turns; the median counts
    monit_hosts: int
    tls_services: int
    tls_probes: int       # a second, of blackbox_exporter
    kills: int
    victims: int          # that fail once each
    victim_interval: int  # of their checks, seconds
    container_kills: int
    exec_runs: int
    scrapes: int
    load_seconds: int
    idle_seconds: int
    kind_services: int
    simulated_failures: int
    judged: bool          # whether aims are compared


FULL = Sizes(fleet=10_000, large_fleet=50_000, small_fleets=(10, 1_000), page_fleets=(1_000, 10_000), interval=10,
             window=20, rounds=3, monit_hosts=10_000, tls_services=1_000, tls_probes=30, kills=500, victims=24,
             victim_interval=30, container_kills=60, exec_runs=1_000, scrapes=20, load_seconds=5, idle_seconds=60,
             kind_services=200, simulated_failures=1_000_000, judged=True)
QUICK = Sizes(fleet=200, large_fleet=400, small_fleets=(10,), page_fleets=(50, 200), interval=1, window=1, rounds=1,
              monit_hosts=20, tls_services=20, tls_probes=10, kills=20, victims=3, victim_interval=2,
              container_kills=3, exec_runs=50, scrapes=3, load_seconds=1, idle_seconds=2, kind_services=20, simulated_failures=10_000, judged=False)
