"""`manage.py serve` on a machine without any server: the site and its worker as supervised processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.e2e.site import ROOT
from tests.servers import free_port, stop_process, wait_until

pytestmark = pytest.mark.sqlite


@dataclass(frozen=True)
class Served:
    process: "subprocess.Popen[bytes]"
    url: str
    log: Path

    def worker(self) -> int | None:
        """Return the process id of the worker, or None while there is none."""
        parent = self.process.pid
        for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            if b"work" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0"):
                return int(child)
        return None

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/", timeout=5).status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"EQUIPOISE_VAR": str(tmp_path / "var"), "PORT": str(free_port())}
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True)
    log = tmp_path / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*manage, "serve"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    started = Served(process, f"http://127.0.0.1:{environment['PORT']}", log)
    try:
        wait_until(lambda: started.answers() and started.worker() is not None, process, log, limit_s=60)
        yield started
    finally:
        stop_process(process)


def test_a_killed_worker_is_started_again_while_the_site_goes_on(served: Served) -> None:
    first = served.worker()
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: served.worker() not in {None, first}, served.process, served.log, limit_s=60)
    assert served.answers()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_site_and_its_worker_quietly(served: Served, number: signal.Signals) -> None:
    worker = served.worker()
    served.process.send_signal(number)
    assert served.process.wait(timeout=60) == 0
    assert not Path(f"/proc/{worker}").exists() and not served.answers()
    assert "Traceback" not in served.log.read_text()
