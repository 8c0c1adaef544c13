"""Servers that other kinds of checks ask, each started once, when it is first needed."""
import glob
import os
import signal
import subprocess
import tempfile

from processes import BUILD, Failed, Missing, Program, connects, free_port, needed


def understood(at, service):
    """Whether this version has such a check; if so, it must do well against its server."""
    config = at / "understood.yaml"
    config.write_text(f"services:\n{service}")
    reeve = [BUILD / "reeve"]
    if subprocess.run([*reeve, "validate", "-c", config], capture_output=True).returncode != 0:
        return False
    tried = subprocess.run([*reeve, "check", "-c", config], capture_output=True, text=True)
    if tried.returncode != 0:
        raise Failed(f"reeve check: exit code {tried.returncode} {tried.stdout[-200:]}{tried.stderr[-200:]}")
    return True


class Redis(Program):
    def __init__(self, at):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        super().__init__([needed("redis-server"), "--port", self.port, "--save", "", "--dir", at], at / "redis.log")

    def starting(self):
        self.until(lambda: connects(self.port))


class Postgres(Program):
    """It refuses root, so root starts it as nobody."""

    def __init__(self, at):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not found:
            raise Missing("postgresql is not installed")
        home = tempfile.mkdtemp(dir=at)
        other = []
        if os.geteuid() == 0:
            subprocess.run(["chown", "nobody", home], check=True)
            other = ["setpriv", "--reuid=nobody", "--clear-groups", "--pdeathsig=INT"]
        self.port = free_port()
        self.url = f"postgres://bench@127.0.0.1:{self.port}/postgres"
        made = subprocess.run([*other, f"{found[-1]}/initdb", "-D", f"{home}/data", "-A", "trust", "-U", "bench",
                               "--no-sync"], capture_output=True, text=True, cwd="/")
        if made.returncode != 0:
            raise Failed(f"initdb: {made.stderr[-300:]}")
        super().__init__([*other, f"{found[-1]}/postgres", "-D", f"{home}/data", "-k", home, "-p", self.port,
                          "-c", "fsync=off", "-c", "max_connections=500"], at / "postgres.log", cwd="/")

    def starting(self):
        self.until(lambda: "ready to accept" in self.said.read_text())

    def stop(self, how=signal.SIGINT):
        super().stop(how)


class Dns(Program):
    def __init__(self, at):
        self.port = free_port()
        self.server = f"127.0.0.1:{self.port}"
        super().__init__([needed("dnsmasq"), "--keep-in-foreground", f"--port={self.port}", "--no-resolv", "--no-hosts",
                          "--conf-file=/dev/null", "--pid-file", "--user=", "--address=/bench.test/127.0.0.1"],
                         at / "dnsmasq.log")

    def starting(self):
        self.until(lambda: connects(self.port))


class Servers:
    """`stack` stops them."""

    def __init__(self, at, stack):
        self.at, self.stack, self.started = at, stack, {}

    def __call__(self, kind):
        if kind not in self.started:
            self.started[kind] = self.stack.enter_context(kind(self.at))
        return self.started[kind]
