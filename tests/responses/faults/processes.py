"""Redis, the model's server and Celery workers as processes that a test may kill and start again."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import redis
from django.db import connection

from tests.servers import free_port, redis_program, stop_process, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent.parent


@dataclass
class Process:
    """One process: started, killed without warning, started again."""

    name: str
    command: list[str]
    home: Path
    ready: Callable[["Process"], bool]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    process: "subprocess.Popen[bytes] | None" = None
    starts: int = 0

    @property
    def log(self) -> Path:
        return self.home / f"{self.name}.log"

    def start(self, *, wait: bool = True) -> None:
        self.starts += 1
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if wait:
            wait_until(lambda: self.ready(self), self.process, self.log, limit_s=60)

    def kill(self) -> None:
        """End the process as a power cut does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def restart(self) -> None:
        self.kill()
        self.start()

    def ended(self, *, limit_s: float) -> int:
        """Return the status with which the process ended by itself."""
        assert self.process is not None
        return self.process.wait(limit_s)

    def stop(self) -> None:
        if self.process is not None:
            stop_process(self.process)


@contextlib.contextmanager
def running(*processes: Process) -> Iterator[None]:
    """Start the processes in order and stop them in the other one."""
    with contextlib.ExitStack() as stack:
        for process in processes:
            stack.callback(process.stop)
            process.start()
        yield


def redis_server(home: Path) -> Process:
    port = free_port()
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    command = [str(redis_program()), *words, "--dir", str(home)]
    return Process("redis", command, home, lambda _: _pings(port), {"PORT": str(port)})


def redis_url(server: Process) -> str:
    return f"redis://127.0.0.1:{server.environment['PORT']}/0"


def _pings(port: int) -> bool:
    with redis.Redis(port=port, socket_timeout=2) as connection, contextlib.suppress(redis.RedisError):
        return bool(connection.ping())
    return False


def model_process(home: Path, *, delay_s: float, faults: str = "", times: int = 0) -> Process:
    """Return the model's server; every third of its first `times` requests meets the next fault."""
    port = free_port()
    command = [sys.executable, "-m", "tests.model_server", str(port), str(delay_s), faults]
    environment = {**os.environ, "PORT": str(port)}
    return Process(
        "model", [*command, str(times)], home, lambda _: answers(f"http://127.0.0.1:{port}/"), environment
    )


def model_url(server: Process) -> str:
    return f"http://127.0.0.1:{server.environment['PORT']}/v1"


def answers(url: str) -> bool:
    """Whether anything speaks HTTP there."""
    try:
        httpx.get(url, timeout=2, trust_env=False)
    except httpx.TransportError:
        return False
    return True


def celery_worker(
    name: str, home: Path, environment: Mapping[str, str], *, pool: str = "threads", concurrency: int = 8
) -> Process:
    command = [sys.executable, "-m", "celery", "-A", "study", "worker", "-P", pool, "-c", str(concurrency)]
    command += ["-Q", "gpu", "--prefetch-multiplier", "1", "--loglevel", "INFO", "-n", f"{name}@%h"]
    inherited = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return Process(name, command, home, _is_ready, {**inherited, **environment})


def _is_ready(worker: Process) -> bool:
    text = worker.log.read_text(encoding="utf-8", errors="replace")
    return text.count(" ready.") >= worker.starts


def database_url() -> str:
    """Return the address of the test database, for other processes."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    user = f"{known['USER']}:{known['PASSWORD']}" if known["PASSWORD"] else known["USER"]
    return f"postgres://{user}@{known['HOST']}:{known['PORT']}/{known['NAME']}"


def until(holds: Callable[[], bool], *, limit_s: float, every_s: float = 0.05) -> float:
    """Return after how many seconds it holds; the state is polled."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < limit_s, f"not within {limit_s:g} s"
        time.sleep(every_s)
    return time.monotonic() - started
