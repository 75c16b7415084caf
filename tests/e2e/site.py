"""Starts and stops a whole site as its own processes."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.servers import free_port, stop_process, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
WORKER = ["worker", "-P", "threads", "-c", "4", "-Q", "gpu", "--prefetch-multiplier", "1"]


@dataclass(frozen=True)
class Site:
    """A running site: where it answers, and the environment in which its commands run."""

    url: str
    home: Path
    environment: Mapping[str, str]

    def manage(self, *arguments: str) -> str:
        """Run a management command against the site's database and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


@contextlib.contextmanager
def running_site(home: Path, database_url: str, redis_url: str) -> Iterator[Site]:
    """Migrate a database, then run the web server and one Celery worker on it until the block ends.

    ``home`` takes the site's files and the logs ``web.log`` and ``worker.log``. An empty ``database_url``
    stands for SQLite in ``home``.
    """
    port = free_port()
    site = Site(f"http://127.0.0.1:{port}", home, _environment(home, database_url, redis_url))
    site.manage("migrate", "--verbosity", "0")
    web = [sys.executable, "-m", "gunicorn", "study.wsgi", "--no-control-socket"]
    web += ["--threads", "8", "--bind", f"127.0.0.1:{port}"]
    worker = [sys.executable, "-m", "celery", "-A", "study", *WORKER, "--loglevel", "INFO"]
    with (
        _process(web, site, "web.log") as web_process,
        _process(worker, site, "worker.log") as worker_process,
    ):
        wait_until(lambda: _answers(site.url), web_process, home / "web.log", limit_s=60)
        log = home / "worker.log"
        wait_until(lambda: " ready." in log.read_text(encoding="utf-8"), worker_process, log, limit_s=60)
        yield site


@contextlib.contextmanager
def _process(command: list[str], site: Site, log_name: str) -> Iterator[subprocess.Popen[bytes]]:
    with (site.home / log_name).open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(site.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # a Ctrl-C in the terminal reaches the test run only
        )
    try:
        yield process
    finally:
        stop_process(process)


def _environment(home: Path, database_url: str, redis_url: str) -> dict[str, str]:
    inherited = ("PATH", "HOME", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in inherited if name in os.environ} | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "EQUIPOISE_ENV": "development",
        "EQUIPOISE_VAR": str(home / "var"),
        "EQUIPOISE_FAST_PASSWORDS": "True",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=5)
    except httpx.TransportError:
        return False
    return True
