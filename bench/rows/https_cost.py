"""A fresh, verified HTTPS check with a full handshake: Reeve and blackbox_exporter, in turns."""
import pathlib
import subprocess

import processes
from measure import cpu_per_check, median
from rows.http_cost import cost_of_probing
from table import Row

SYSTEM_BUNDLE = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
HOSTS = 32


def make_certificates(home):
    """NAME.pem and NAME.key of a server at all hosts; and trust.pem: the system's authorities and our own, so that
    both sides read a bundle as long as real ones."""
    def openssl(*words):
        done = subprocess.run(["openssl", *words], capture_output=True, text=True, cwd=home)
        if done.returncode != 0:
            raise processes.Failed(f"openssl {words[0]}: {done.stderr}")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
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


def measure(bench):
    home = bench.folder / "tls"
    home.mkdir()
    make_certificates(home)
    own, rival = [], []
    with processes.Nginx(bench.folder, home / "server") as nginx:
        for _ in range(bench.sizes.rounds):
            own.append(own_cost(bench, nginx, home))
            try:
                rival.append(rival_cost(bench, nginx, home))
            except processes.Missing:
                pass
    cost = median(own)
    what = "CPU of a fresh HTTPS check, verified"
    yield Row(what, f"{cost / 1000:.2f} ms", "", "< 1.5 ms", bench.met(cost < 1500))
    if rival:
        other = median(rival)
        yield Row(what, f"{cost / 1000:.2f} ms", f"blackbox_exporter {other / 1000:.2f} ms: 1/{other / cost:.1f}", "<= 1/5",
                  bench.met(cost <= other / 5))
    else:
        yield Row(what, f"{cost / 1000:.2f} ms", "blackbox_exporter is not installed")
