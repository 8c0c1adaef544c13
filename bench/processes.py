"""The programs that are measured and what they are measured against: started here, stopped by their own pid."""
import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import measure

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
LIBC = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """Something could not be measured, or ran wrongly."""


class Missing(Exception):
    """An optional program is not installed."""


def own_network():
    """Moves this process to a network of its own; says what could not be."""
    if os.geteuid() != 0:
        return "not root: on this machine's own loopback, where a firewall's connection tracking may fill up and slow all"
    if LIBC.unshare(0x40000000) != 0 or subprocess.run(["ip", "link", "set", "lo", "up"]).returncode != 0:
        return "no network namespace: on this machine's own loopback"
    return None


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def address(i):
    """Host number i; 65,536 of them to each second number."""
    return f"127.{1 + i // 65536}.{i // 256 % 256}.{i % 256}"


def needed(program):
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        raise Missing(f"{program} is not installed")
    return found


def die_with_parent():
    LIBC.prctl(1, signal.SIGTERM)


@contextlib.contextmanager
def folder():
    """A folder that everybody may enter, for servers that change their user."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="reeve-bench-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Program:
    """Runs until it is left. What it says goes to the file `said`."""

    def __init__(self, command, said, **options):
        self.said = pathlib.Path(said)
        with open(said, "w") as out:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=out, preexec_fn=die_with_parent, **options)
        self.pid = self.process.pid

    def __enter__(self):
        try:
            self.starting()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def starting(self):
        """Waits until it is of use."""

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def until(self, ready, seconds=30):
        """Waits until `ready()`; fails with what the program said."""
        deadline = time.monotonic() + seconds
        while not ready():
            code = self.process.poll()
            if code is not None or time.monotonic() > deadline:
                how = f"is not ready after {seconds} s" if code is None else f"ended with {code}"
                raise Failed(f"{self.process.args[0]} {how}: {self.said.read_text()[-300:].strip()}")
            time.sleep(0.005)

    def cpu(self):
        return measure.cpu_seconds(self.pid)


def connects(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def get(port, path, seconds=10):
    """Status and text; status 0 if there was no answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=seconds) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()
    except OSError:
        return 0, ""


class Reeve(Program):
    """The daemon; `services` are lines of YAML, `check` is what holds for all. Entered once it answers."""

    def __init__(self, at, services, check="interval: 10s", more=""):
        self.port = free_port()
        self.home = pathlib.Path(tempfile.mkdtemp(dir=at))
        config = self.home / "reeve.yaml"
        config.write_text(f'server: {{listen: "127.0.0.1:{self.port}"}}\n{more}\n'
                          f"defaults: {{check: {{{check}}}}}\nservices:\n" + "".join(services))
        self.began = time.monotonic()
        super().__init__([BUILD / "reeve", "run", "-c", config], self.home / "log")

    def starting(self):
        self.until(lambda: get(self.port, "/livez")[0] == 200)
        self.load_seconds = time.monotonic() - self.began

    def ready(self, seconds=60):
        """Waits for the first verdicts; how long they took since it answered."""
        self.until(lambda: get(self.port, "/readyz")[0] == 200, seconds)
        return time.monotonic() - self.began - self.load_seconds

    def scrape(self):
        status, text = get(self.port, "/metrics", 30)
        if status != 200:
            raise Failed(f"/metrics answered {status}")
        return measure.Scrape(text)

    def rss_kb(self):
        return measure.rss_kb(self.pid)


class Nginx(Program):
    """The target: one process, a body of 2 bytes, on all addresses; counts what it was asked. `arrivals` is a file for
    the time and the address of each request."""

    def __init__(self, at, certificate=None, arrivals=None):
        self.port, self.tls_port, self.status_port = free_port(), free_port(), free_port()
        self.questions = 0
        tls = "" if certificate is None else f"""
            server {{ listen {self.tls_port} ssl backlog=4096; ssl_certificate {certificate}.pem;
                     ssl_certificate_key {certificate}.key; ssl_session_cache off; ssl_session_tickets off;
                     return 200 "ok"; }}"""
        home = pathlib.Path(tempfile.mkdtemp(dir=at))
        temporary = "".join(f"{kind}_temp_path {home}/{kind};" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (home / "conf").write_text(f"""
            daemon off; master_process off; pid {home}/pid; error_log stderr error; worker_rlimit_nofile 20000;
            events {{ worker_connections 9000; }}
            http {{ {"access_log off;" if arrivals is None else
                     f"log_format arrival '$msec $server_addr'; access_log {arrivals} arrival;"} {temporary}
              server {{ listen {self.port} backlog=4096; return 200 "ok"; }}
              server {{ listen 127.0.0.1:{self.status_port}; stub_status; access_log off; }} {tls}
            }}""")
        super().__init__([needed("nginx"), "-e", "stderr", "-p", home, "-c", home / "conf"], home / "log")

    def starting(self):
        self.until(lambda: connects(self.status_port) and connects(self.port))

    def asked(self):
        """Requests so far, these questions not counted."""
        self.questions += 1
        text = get(self.status_port, "/")[1]
        return int(text.splitlines()[2].split()[2]) - self.questions


class Blackbox(Program):
    """prometheus-blackbox-exporter, probed at a steady rate by http_load."""

    def __init__(self, at, ca_file=None):
        program = needed("prometheus-blackbox-exporter")
        home = pathlib.Path(tempfile.mkdtemp(dir=at))
        tls = f", tls_config: {{ca_file: {ca_file}}}" if ca_file else ""
        (home / "conf").write_text("modules: {http: {prober: http, timeout: 5s, "
                                   f"http: {{preferred_ip_protocol: ip4{tls}}}}}}}\n")
        self.port = free_port()
        super().__init__([program, f"--config.file={home}/conf", f"--web.listen-address=127.0.0.1:{self.port}",
                          "--log.level=error"], home / "log")

    def starting(self):
        self.until(lambda: connects(self.port))

    def probing(self, target, rate, seconds):
        """http_load at work; `target` holds a @ for the host."""
        return helper("http_load", self.port, f"/probe?module=http&target={target}", 64, seconds, rate,
                      "probe_success 1")


def helper(name, *arguments):
    """One of the C++ programs here, under way; `result` waits for what it prints."""
    command = [str(BUILD / "bench" / name), *(str(a) for a in arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)


def result(under_way):
    text = under_way.communicate()[0]
    if under_way.returncode != 0:
        raise Failed(f"{under_way.args[0]} ended with {under_way.returncode}: {text.strip()}")
    return json.loads(text)
