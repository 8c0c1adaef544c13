"""A container dies: from its event to the ordered restart, with a Docker engine of the bench's own."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from measure import Spread
from processes import Failed, Program, Reeve, needed
from table import Row


class Engine(Program):
    """dockerd with private folders and no network; needs root."""

    def __init__(self, at):
        self.home = pathlib.Path(tempfile.mkdtemp(dir=at))
        self.socket = self.home / "docker.sock"
        super().__init__([needed("dockerd"), "--host", f"unix://{self.socket}", "--data-root", self.home / "data",
                          "--exec-root", self.home / "exec", "--pidfile", self.home / "pid", "--bridge=none",
                          "--iptables=false", "--ip6tables=false"], self.home / "log")

    def starting(self):
        self.until(lambda: self.tried("version").returncode == 0)
        image = self.home / "image"
        (image / "bin").mkdir(parents=True)
        shutil.copy(needed("busybox"), image / "bin" / "busybox")
        (image / "bin" / "sleep").symlink_to("busybox")
        subprocess.run(["tar", "-C", image, "-cf", self.home / "image.tar", "."], check=True)
        self.docker("import", str(self.home / "image.tar"), "box")

    def stop(self, how=signal.SIGTERM):
        names = self.tried("ps", "-aq").stdout.split()
        if names:
            self.tried("rm", "-f", *names)
        super().stop(how)
        mounts = [line.split()[1] for line in open("/proc/mounts")]
        for mount in sorted((m for m in mounts if m.startswith(str(self.home))), reverse=True):
            subprocess.run(["umount", "-l", mount], check=False)

    def tried(self, *words):
        return subprocess.run([needed("docker"), "-H", f"unix://{self.socket}", *words], capture_output=True, text=True)

    def docker(self, *words):
        done = self.tried(*words)
        if done.returncode != 0:
            raise Failed(f"docker {words[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def pid_of(self, container):
        return int(self.docker("inspect", "-f", "{{.State.Pid}}", container) or 0)


def kill_often(engine, reeve, count):
    for i in range(count):
        victim = engine.pid_of("victim")
        os.kill(victim, signal.SIGKILL)
        deadline = time.monotonic() + 20
        while reeve.scrape().value("reeve_reaction_seconds_count") <= i or engine.pid_of("victim") in (0, victim):
            if time.monotonic() > deadline:
                raise Failed(f"the container was not restarted: {reeve.said.read_text()[-300:]}")
            time.sleep(0.02)


def measure(bench):
    if os.geteuid() != 0:
        yield Row("docker die event until the restart is ordered", "needs root")
        return
    needed("dockerd")
    service = "  victim: {restart: {docker: victim, backoff: none, stop_timeout: 1s}}\n"
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(Engine(bench.folder))
        engine.docker("run", "-d", "--network", "none", "--name", "victim", "box", "/bin/sleep", "9999")
        reeve = stack.enter_context(Reeve(bench.folder, [service],
                                          more=f"docker: {{socket: {engine.socket}}}\n"
                                               "tree: {intensity: {restarts: 100000, within: 1m}}"))
        reeve.ready()
        before = reeve.scrape()
        kill_often(engine, reeve, bench.sizes.container_kills)
        spread = Spread(before, reeve.scrape(), "reeve_reaction_seconds")
    yield Row("docker die event until the restart is ordered", f"p50 {spread.told(0.5)}, p99 {spread.told(0.99)}",
              f"{spread.total:.0f} kills, by reeve_reaction_seconds", "p99 < 5 ms",
              bench.met(spread.quantile_ms(0.99)[1] <= 5))
