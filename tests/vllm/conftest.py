"""The tiny models, their servers, and one finished run per connector, each made once."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.responses.faults.processes import ROOT, Process, database_url
from tests.servers import redis
from tests.vllm.campaign import ARMS, PARSED_ARMS, Place, Run, carry_out, declare_facts, tiny_profile
from tests.vllm.processes import (
    KEY,
    VLLM_PYTHON,
    environment,
    http_worker,
    server_url,
    solo_worker,
    started_together,
    vllm_server,
)

PARSER = "qwen3"


@dataclass(frozen=True)
class Servers:
    """vLLM servers: both models without a reasoning parser, the scripted one also with it."""

    script: Process
    dream: Process
    parsing: Process


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vllm")


@pytest.fixture(scope="session")
def models(home: Path) -> Path:
    """The directory of the two tiny models."""
    assert VLLM_PYTHON.exists(), "run `make test-vllm`: it makes the environment that holds vLLM"
    command = [str(VLLM_PYTHON), "-m", "tests.vllm.tiny_models", str(home)]
    subprocess.run(command, cwd=ROOT, env=environment(), check=True, capture_output=True)
    return home / "models"


@pytest.fixture(scope="session")
def servers(home: Path, models: Path) -> Iterator[Servers]:
    profile = tiny_profile()
    found = Servers(
        script=vllm_server("script", home, profile, models / "script"),
        dream=vllm_server("dream", home, profile, models / "dream"),
        parsing=vllm_server("parsing", home, profile, models / "script", "--reasoning-parser", PARSER),
    )
    with started_together(found.script, found.dream, found.parsing):
        yield found


@pytest.fixture(scope="session")
def database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The address of a database for the whole session, whose commits other processes see."""
    with django_db_blocker.unblock():
        yield database_url()


@pytest.fixture(scope="session")
def variables(database: str, home: Path) -> Iterator[dict[str, str]]:
    """What every worker is told."""
    with redis() as broker:
        yield {
            "DATABASE_URL": database,
            "REDIS_URL": broker,
            "EQUIPOISE_VAR": str(home / "var"),
            "EQUIPOISE_QUEUE_PATROL_S": "1",
        }


@pytest.fixture(scope="session")
def run_of(
    request: pytest.FixtureRequest,
    home: Path,
    variables: dict[str, str],
    record_testsuite_property: Callable[[str, object], None],
) -> Callable[[str], Run]:
    """Gives a connector's finished run, made at the first call; its closing line goes into the report."""
    makers = {"server": _by_server, "server-parser": _by_parsing_server, "process": _in_process}

    @cache
    def made(connector: str) -> Run:
        finished = makers[connector](request, home, variables)
        record_testsuite_property("connector", finished.line)
        return finished

    return made


@pytest.fixture(scope="session", params=["server", "server-parser", "process"])
def run(request: pytest.FixtureRequest, run_of: Callable[[str], Run]) -> Run:
    """Each connector's finished run in turn."""
    return run_of(request.param)


def _by_server(request: pytest.FixtureRequest, home: Path, variables: dict[str, str]) -> Run:
    servers: Servers = request.getfixturevalue("servers")
    urls = {"script": f"{server_url(servers.script)}/v1", "dream": f"{server_url(servers.dream)}/v1"}
    return _over_http(request, home, variables, "server", urls, parser="none")


def _by_parsing_server(request: pytest.FixtureRequest, home: Path, variables: dict[str, str]) -> Run:
    servers: Servers = request.getfixturevalue("servers")
    urls = {"script": f"{server_url(servers.parsing)}/v1"}
    return _over_http(request, home, variables, "server-parser", urls, parser=PARSER)


def _over_http(
    request: pytest.FixtureRequest,
    home: Path,
    variables: dict[str, str],
    connector: str,
    urls: dict[str, str],
    parser: str,
) -> Run:
    facts = declare_facts(home, request.getfixturevalue("models"), variables, parser)
    own = {
        "EQUIPOISE_LLM_BASE_URL": ",".join(urls.values()),
        "EQUIPOISE_LLM_API_KEY": KEY,
        "EQUIPOISE_LLM_FACTS": str(facts),
    }
    place = Place(connector, "openai", urls, variables | own)
    arms = ARMS if parser == "none" else PARSED_ARMS
    return carry_out(place, http_worker(connector, home, place.variables), arms)


def _in_process(request: pytest.FixtureRequest, home: Path, variables: dict[str, str]) -> Run:
    models: Path = request.getfixturevalue("models")
    own = {
        "EQUIPOISE_LLM_MODELS_DIR": str(models),
        "EQUIPOISE_LLM_BATCH": "16",
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the engine and the worker are one process
    }
    place = Place("process", "vllm", {}, environment(**variables, **own))
    return carry_out(place, solo_worker("process", home, place.variables), ARMS)
