"""Fixtures for every test: the test database as a file, restorable from a template, and fast passwords."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.db import connection, connections
from django.test import override_settings
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from tests.model_server import ModelServer, running_model_server
from tests.servers import redis

# Machines share their cores: a slow example is no fault, and the same examples run everywhere.
hypothesis.settings.register_profile("project", deadline=None, derandomize=True)
hypothesis.settings.load_profile("project")

DATABASE_FIXTURES = {"db", "template_db", "site"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only", action="store_true", help="leave out the tests that touch no database"
    )
    parser.addoption("--worlds", type=int, default=20, help="worlds of the non-interference test")
    parser.addoption("--audit-mutations", type=int, default=300, help="attacks on the audit trail")
    parser.addoption("--machine-examples", type=int, default=6, help="courses of each state machine")
    parser.addoption("--fuzz-cases", type=int, default=120, help="requests of each fuzzer")
    parser.addoption("--timed-requests", type=int, default=25, help="timed requests per arm")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose the tests of this pass; keep the end-to-end tests, which share one site, in one worker."""
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        _refuse_flushing(item)
        if item.path.is_relative_to(Path(__file__).parent / "e2e"):
            item.add_marker(pytest.mark.xdist_group("e2e"))
        (kept if _belongs_to_pass(config, item) else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def _belongs_to_pass(config: pytest.Config, item: pytest.Item) -> bool:
    other = "sqlite" if connection.vendor == "postgresql" else "postgresql"
    if item.get_closest_marker(other):
        return False
    touches = bool(DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))) or bool(
        item.get_closest_marker("django_db")
    )
    return touches or not config.getoption("--database-only")


def _refuse_flushing(item: pytest.Item) -> None:
    """Append-only triggers refuse the DELETE by which Django empties SQLite after such a test."""
    mark = item.get_closest_marker("django_db")
    flushes = (mark and (mark.kwargs.get("transaction") or mark.args)) or (
        {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    )
    if flushes:
        raise pytest.UsageError(f"{item.nodeid}: use the fixture template_db in place of a flushing database")


@pytest.fixture(scope="session", autouse=True)
def _test_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Passwords hash in microseconds, and files land in a directory of the test run."""
    var = tmp_path_factory.mktemp("var")
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=hashers, VAR_DIR=var, EXPORTS_DIR=var / "exports"):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """SQLite tests run on a file, as the site does: an in-memory database has other locks and no WAL."""
    if connection.vendor == "sqlite":
        path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(path)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker, django_db_modify_db_settings: None
) -> Iterator[None]:
    """Create the test database also for sessions whose only tests use ``template_db``."""
    with django_db_blocker.unblock():
        created = setup_databases(
            verbosity=0, interactive=False, aliases={"default": None}, serialized_aliases=[]
        )
        yield
        teardown_databases(created, verbosity=0)


@pytest.fixture(scope="session")
def _template(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Keep a copy of the freshly migrated database; yield its path or name."""
    with django_db_blocker.unblock():
        name = str(connection.settings_dict["NAME"])
        template = name + "_template"
        _copy_database(name, template)
        yield template
        if connection.vendor == "postgresql":
            _on_server(f'DROP DATABASE "{template}" WITH (FORCE)')


@pytest.fixture
def template_db(_template: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database with real commits and any number of connections, put back from the template afterwards.

    It takes the place of Django's flushing tests: append-only tables cannot be flushed.
    """
    with django_db_blocker.unblock():
        yield
        _copy_database(_template, str(connection.settings_dict["NAME"]))


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server of this test process."""
    with redis() as url:
        yield url


def _copy_database(source: str, target: str) -> None:
    """Replace ``target`` by a copy of ``source``; connections of other threads to either are cut."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connections.close_all()
        for suffix in ("-wal", "-shm"):
            Path(target + suffix).unlink(missing_ok=True)
        shutil.copyfile(source, target)
        return
    connections.close_all()
    _on_server(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
    _on_server("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [source])
    _on_server(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')


def _on_server(statement: str, parameters: list[str] | None = None) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement, parameters)


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    with running_model_server() as server:
        yield server
