"""vLLM on the CPU as processes: model servers, and Celery workers with or without the engine inside."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from study.engines.profiles.loader import Profile
from tests.responses.faults.processes import ROOT, Process, celery_worker
from tests.servers import free_port, stop_process, wait_until

VLLM_PYTHON = ROOT / ".venv-vllm" / "bin" / "python"
KEY = "key-of-the-model-server"
# Nothing is fetched or reported, and the cache takes a gigabyte in place of nearly all memory.
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
# Against a hang only: on a machine whose cores are busy elsewhere an engine loads for minutes.
CEILING_S = 900.0
INHERITED = ("PATH", "HOME", "LANG")


def environment(**own: str) -> dict[str, str]:
    """Return what a process of these tests inherits, and its own variables."""
    return {key: os.environ[key] for key in INHERITED if key in os.environ} | QUIET | own


def vllm_server(name: str, home: Path, profile: Profile, directory: Path, *parser: str) -> Process:
    """Return a server of one model, with the flags of the profile and with a key, as in deployment."""
    port = free_port()
    _, _, *flags = profile.serve_command(str(directory))
    flags[flags.index("--served-model-name") + 1] = directory.name
    module = [str(VLLM_PYTHON), "-m", "vllm.entrypoints.openai.api_server", "--model"]
    place = ["--host", "127.0.0.1", "--port", str(port), "--disable-uvicorn-access-log"]
    variables = environment(PORT=str(port), VLLM_API_KEY=KEY)
    return Process(name, [*module, *flags, *place, *parser], home, _is_healthy, variables)


def server_url(server: Process) -> str:
    return f"http://127.0.0.1:{server.environment['PORT']}"


def _is_healthy(server: Process) -> bool:
    try:
        return httpx.get(f"{server_url(server)}/health", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def started_together(*processes: Process) -> Iterator[None]:
    """Start all processes at once and wait until each is ready; at the end all of them are stopped."""
    try:
        for process in processes:
            process.start(wait=False)
        for process in processes:
            wait_ready(process)
        yield
    finally:
        for process in processes:
            stop(process)


def wait_ready(process: Process) -> None:
    assert process.process is not None
    wait_until(lambda: process.ready(process), process.process, process.log, limit_s=CEILING_S)


def stop(process: Process) -> None:
    if process.process is not None:
        stop_process(process.process, patience_s=120)


def http_worker(name: str, home: Path, variables: Mapping[str, str]) -> Process:
    """Return a worker without vLLM that keeps a server's batch full."""
    return celery_worker(name, home, environment(**variables), concurrency=16)


def solo_worker(name: str, home: Path, variables: Mapping[str, str]) -> Process:
    """Return a worker with the engine inside its one process."""
    worker = celery_worker(name, home, environment(**variables), pool="solo", concurrency=1)
    return replace(worker, command=[str(VLLM_PYTHON), *worker.command[1:]])


def python_of(connector: str) -> Path:
    """Return the Python in whose environment the connector's worker runs."""
    return VLLM_PYTHON if connector == "process" else Path(sys.executable)
