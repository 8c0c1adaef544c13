"""A fresh, verified HTTPS check with a full handshake: Reeve, `openssl s_time` and blackbox_exporter, in turns."""
import pathlib
import re
import resource
import subprocess

import processes
from measure import cpu_per_check, median
from rows.http_cost import cost_of_probing
from table import Row, times

SYSTEM_BUNDLE = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
HOSTS = 32
KEYS = {
    "ECDSA P-256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
    "RSA 2048": ["-newkey", "rsa:2048", "-nodes"],
}


def make_certificates(home, key):
    """server.pem and .key of a server at all hosts; and trust.pem: the system's authorities and our own, so that both
    sides read a bundle as long as real ones."""
    def openssl(*words):
        done = subprocess.run(["openssl", *words], capture_output=True, text=True, cwd=home)
        if done.returncode != 0:
            raise processes.Failed(f"openssl {words[0]}: {done.stderr}")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=bench authority", "-days", "30")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
    names = ",".join(f"IP:{processes.address(i)}" for i in range(HOSTS))
    (home / "names").write_text(f"subjectAltName={names}\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
            "-out", "server.pem", "-extfile", "names")
    (home / "trust.pem").write_text((SYSTEM_BUNDLE.read_text() if SYSTEM_BUNDLE.exists() else "")
                                    + (home / "ca.pem").read_text())


def own_cost(bench, nginx, home):
    sizes = bench.sizes
    services = [f'  s{i}: {{check: {{http: "https://{processes.address(i % HOSTS)}:{nginx.tls_port}/", '
                f'tls: {{ca_file: {home}/trust.pem}}}}}}\n' for i in range(sizes.tls_services)]
    with processes.Reeve(bench.folder, services, f"interval: {sizes.interval}s") as reeve:
        reeve.ready()
        healthy = reeve.scrape().value("reeve_service_up")
        if healthy < len(services):
            raise processes.Failed(f"only {healthy:.0f} of {len(services)} HTTPS services are healthy")
        return cpu_per_check(reeve, nginx.asked, sizes.window)


def rival_cost(bench, nginx, home):
    sizes = bench.sizes
    with processes.Blackbox(bench.folder, home / "trust.pem") as exporter:
        return cost_of_probing(exporter, f"https://{processes.address(0)}:{nginx.tls_port}/", sizes.tls_probes, nginx,
                               sizes.window)


def handshake_cost(bench, nginx, home):
    """CPU of a client that does nothing but verified handshakes, with one context for all."""
    def used():
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime
    before = used()
    done = subprocess.run(["openssl", "s_time", "-connect", f"{processes.address(0)}:{nginx.tls_port}", "-new", "-verify",
                           "3", "-CAfile", f"{home}/ca.pem", "-time", str(max(1, bench.sizes.window // 4))],
                          capture_output=True, text=True)
    made = re.search(r"(\d+) connections in \d+ real", done.stdout)
    if done.returncode != 0 or not made:
        raise processes.Failed(f"openssl s_time: {done.stdout} {done.stderr}")
    return (used() - before) * 1e6 / int(made[1])


def rows_of(bench, name, home):
    own, bare, rival = [], [], []
    with processes.Nginx(bench.folder, home / "server") as nginx:
        for _ in range(bench.sizes.rounds):
            own.append(own_cost(bench, nginx, home))
            bare.append(handshake_cost(bench, nginx, home))
            try:
                rival.append(rival_cost(bench, nginx, home))
            except processes.Missing:
                pass
    cost = median(own)
    what = f"CPU of a fresh HTTPS check, verified, {name}"
    floor = median(bare)
    yield Row(what, f"{cost / 1000:.2f} ms", f"openssl s_time -new {floor / 1000:.2f} ms: {times(cost / floor)}", "<= 1.1 x",
              bench.met(cost <= 1.1 * floor))
    if rival:
        other = median(rival)
        yield Row(what, f"{cost / 1000:.2f} ms", f"blackbox_exporter {other / 1000:.2f} ms: 1/{other / cost:.1f}", "<= 1/5",
                  bench.met(cost <= other / 5))
    else:
        yield Row(what, f"{cost / 1000:.2f} ms", "blackbox_exporter is not installed")


def measure(bench):
    for name, key in KEYS.items():
        home = bench.folder / name.split()[0]
        home.mkdir()
        make_certificates(home, key)
        yield from rows_of(bench, name, home)
