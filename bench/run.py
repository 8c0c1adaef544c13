#!/usr/bin/env python3
"""Measures the release build side by side with what it is compared to, and prints one table."""
import argparse
import os
import pathlib
import platform
import signal
import sys
import time

import processes
import soak
import table
from rows import detection, docker, exec_memory, fleet, hanging, http_cost, https_cost, idle, killed_child, kinds, pages, rss, simulate, start
from sizes import FULL, QUICK

RESULTS = pathlib.Path(__file__).with_name("RESULTS.md")
NOTES = RESULTS.with_name("notes.md")  # written by people; stands below the table
ROWS = {
    "http": http_cost.measure,
    "rss": rss.measure,
    "lag": fleet.lag,
    "hanging": hanging.measure,
    "killed_child": killed_child.measure,
    "detection": detection.measure,
    "docker": docker.measure,
    "https": https_cost.measure,
    "exec": exec_memory.measure,
    "metrics": pages.metrics,
    "health": pages.health,
    "start": start.measure,
    "idle": idle.measure,
    "kinds": kinds.measure,
    "simulate": simulate.measure,
}


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, prog="./dev bench")
    parser.add_argument("what", nargs="?", choices=["table", "soak"], default="table",
                        help="the table, or 1,000 checks/s for MINUTES: do memory and descriptors stay flat?")
    parser.add_argument("minutes", nargs="?", type=float, default=10, metavar="MINUTES", help="of the soak; else 10")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that everything runs")
    parser.add_argument("--row", action="append", choices=ROWS, help="only this row; may be given several times")
    return parser.parse_args()


def measure_row(name, bench):
    """Its rows, and whether it could be measured."""
    print(f"bench: {name} ...", file=sys.stderr, flush=True)
    rows = []
    try:
        for row in ROWS[name](bench):
            rows.append(row)
        return rows, True
    except processes.Missing as missing:
        return rows + [table.Row(name, str(missing))], True
    except Exception as problem:  # a row that cannot be measured must not hide the others
        print(f"bench: {name}: {type(problem).__name__}: {problem}", file=sys.stderr)
        return rows + [table.Row(name, "NOT MEASURED")], False


def machine(note, sizes, began):
    cores = os.cpu_count()
    load = os.getloadavg()[0]
    words = [f"{cores} cores, kernel {platform.release()}, load {load:.1f} at the end, "
             f"took {(time.monotonic() - began) / 60:.0f} min."]
    if sizes is QUICK:
        words.append("QUICK: small numbers, nothing is judged.")
    if note:
        words.append(f"Network: {note}.")
    return " ".join(words)


def print_table(arguments, bench, note):
    began = time.monotonic()
    rows, fine = [], True
    for name in arguments.row or ROWS:
        found, measured = measure_row(name, bench)
        rows += found
        fine = fine and measured
    text = "\n".join(table.lines(rows) + ["", machine(note, bench.sizes, began)])
    print(text)
    if not (arguments.quick or arguments.row):
        RESULTS.write_text(f"# Results\n\nOne run of `./dev bench`, which writes this file; [README.md](README.md) says how "
                           f"to read it.\n\n{text}\n\n{NOTES.read_text()}")
    return fine


def soaked(bench, minutes):
    try:
        return soak.run(bench, minutes)
    except processes.Failed as problem:
        print(f"bench: soak: {problem}", file=sys.stderr)
        return False


def main():
    arguments = read_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    note = processes.own_network()
    sizes = QUICK if arguments.quick else FULL
    with processes.folder() as folder, processes.Nginx(folder) as nginx:
        bench = fleet.Bench(folder, sizes, nginx)
        if arguments.what == "soak":
            fine = soaked(bench, 1 if arguments.quick else arguments.minutes)
        else:
            fine = print_table(arguments, bench, note)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
