"""A fresh HTTP check: Reeve, bare sockets, a bare curl loop, blackbox_exporter, Monit, in turns."""
import pathlib
import tempfile
import time

import processes
from measure import cpu_per_check, median
from table import Row, times


def bare_loop(bench, name):
    sizes, nginx = bench.sizes, bench.nginx
    command = [processes.BUILD / "bench" / name, sizes.fleet, 1000 * sizes.interval, nginx.port]
    with processes.Program(command, bench.folder / f"{name}.log") as loop:
        time.sleep(1)
        return cpu_per_check(loop, nginx.asked, sizes.window)


def cost_of_probing(exporter, url, a_second, nginx, window):
    """CPU of the exporter for each request that nginx saw of it."""
    load = exporter.probing(url, a_second, window + 3)
    time.sleep(1)
    cost = cpu_per_check(exporter, nginx.asked, window)
    done = processes.result(load)
    if done["bad"] or not done["answers"]:
        raise processes.Failed(f"blackbox_exporter, {url}: {done}")
    return cost


def blackbox(bench):
    sizes, nginx = bench.sizes, bench.nginx
    with processes.Blackbox(bench.folder) as exporter:
        return cost_of_probing(exporter, f"http://@:{nginx.port}/", sizes.fleet // sizes.interval, nginx, sizes.window)


def monit(bench):
    sizes, nginx = bench.sizes, bench.nginx
    program = processes.needed("monit")
    home = pathlib.Path(tempfile.mkdtemp(dir=bench.folder))
    config = home / "monitrc"
    config.write_text(f"set daemon {sizes.interval}\nset pidfile {home}/pid\nset idfile {home}/id\n"
                      f"set statefile {home}/state\n" + "".join(
                          f"check host s{i} with address {processes.address(i)}\n"
                          f"  if failed port {nginx.port} protocol http request \"/\" then alert\n"
                          for i in range(sizes.monit_hosts)))
    config.chmod(0o600)
    before = nginx.asked()
    with processes.Program([program, "-I", "-c", config], home / "log", env={"HOME": str(home)}) as daemon:
        daemon.until(lambda: nginx.asked() - before >= sizes.monit_hosts, 60)
        return cpu_per_check(daemon, nginx.asked, 2 * sizes.interval + sizes.window // 2)


def measure(bench):
    sizes = bench.sizes
    sockets, curl, exporter = [], [], []
    for _ in range(sizes.rounds):
        bench.run_fleet(sizes.fleet)
        sockets.append(bare_loop(bench, "socket_loop"))
        curl.append(bare_loop(bench, "curl_loop"))
        try:
            exporter.append(blackbox(bench))
        except processes.Missing:
            pass
    own = median(f.cpu_us for f in bench.fleet(sizes.fleet))
    what = f"CPU of a fresh HTTP check, {sizes.fleet:,} services at {sizes.interval} s"
    for name, runs, most in (("bare sockets", sockets, 1.4), ("bare curl loop", curl, 0.8)):
        floor = median(runs)
        yield Row(what, f"{own:.0f} us", f"{name} {floor:.0f} us: {times(own / floor)}", f"<= {most} x",
                  bench.met(own <= most * floor))
    if exporter:
        rival = median(exporter)
        yield Row(what, f"{own:.0f} us", f"blackbox_exporter {rival:.0f} us: 1/{rival / own:.1f}", "<= 1/5",
                  bench.met(own <= rival / 5))
    else:
        yield Row(what, f"{own:.0f} us", "blackbox_exporter is not installed")
    try:
        rival = monit(bench)
        yield Row(what, f"{own:.0f} us", f"Monit, {sizes.monit_hosts:,} hosts: {rival:.0f} us: {times(own / rival)}",
                  "<= 1.05 x", bench.met(own <= 1.05 * rival))
    except processes.Missing as missing:
        yield Row(what, f"{own:.0f} us", str(missing))
