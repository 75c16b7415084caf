"""A live site for end-to-end tests: web server, Redis and Celery worker as processes on an own database."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from study.demonstration.script import LEAD, PASSWORD
from tests.e2e.site import Site, running_site
from tests.servers import chromium_arguments, chromium_program, create_database, drop_database


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Site]:
    """A migrated, empty site on the database of this pass (SQLite file, or a new PostgreSQL database)."""
    home = tmp_path_factory.mktemp("site")
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        with running_site(home, database_url="", redis_url=redis_url) as started:
            yield started
        return
    name = f"site_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    try:
        with running_site(home, create_database(server, name), redis_url) as started:
            yield started
    finally:
        drop_database(server, name)


@pytest.fixture(scope="session")
def furnished_site(site: Site) -> Site:
    """The site with the bank loaded and the first account made, as an installation begins."""
    replace(site, environment={**site.environment, "EQUIPOISE_PASSWORD": PASSWORD}).manage(
        "create_person", LEAD
    )
    site.manage("load_bank")
    return site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, headless. Stopped after the module: its event loop would mislead Django."""
    with sync_playwright() as playwright:
        program = str(chromium_program())
        started = playwright.chromium.launch(executable_path=program, args=chromium_arguments())
        yield started
        started.close()


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: ``SCREENSHOTS`` when it is set, else a directory of the test run."""
    chosen = os.environ.get("SCREENSHOTS")
    folder = Path(chosen) if chosen else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
