"""A million failures against the real decisions, in virtual time: through the command, JSON and all."""
import json
import subprocess
import time

from measure import median
from processes import BUILD, Failed
from table import Row

CONFIG = """
services:
  database: {process: {command: [x]}}
  backend: {process: {command: [x]}}
  worker: {process: {command: [x]}, restart: {backoff: none}}
tree:
  children: [database, {group: app, strategy: rest_for_one, children: [backend, worker]}]
"""


def measure(bench):
    failures = bench.sizes.simulated_failures
    folder = bench.folder
    (folder / "simulate.yaml").write_text(CONFIG)
    # Each service fails about every 10 minutes of its running.
    (folder / "failures.yaml").write_text(
        f"duration: {failures * 10 // 3 + 10}m\n"
        "random: [{service: database, mtbf: 8m}, {service: backend, mtbf: 8m}, {service: worker, mtbf: 8m}]\n")
    seconds, found = [], 0
    for _ in range(bench.sizes.rounds):
        began = time.monotonic()
        done = subprocess.run([BUILD / "reeve", "simulate", "--json", "-c", folder / "simulate.yaml", "-s",
                               folder / "failures.yaml"], stdout=subprocess.PIPE, check=False)
        seconds.append(time.monotonic() - began)
        if done.returncode != 0:
            raise Failed(f"reeve simulate ended with {done.returncode}")
        found = done.stdout.count(b'"failed"')
        json.loads(done.stdout[done.stdout.rindex(b'{"summary"'):])
    took = median(seconds)
    yield Row(f"reeve simulate --json, {found:,} failures", f"{took:.1f} s",
              f"{found / took:,.0f} failures/s", "a million in < 5 s", bench.met(took / found * 1e6 < 5))
