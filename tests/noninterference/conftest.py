"""One model server for the worlds of a process, the number of worlds, and the figures at the end."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.model_server import running_model_server
from tests.noninterference.world import WritingServer

DEFAULT_WORLDS, PRECISE = 20, 1_000


@pytest.fixture(scope="session")
def writing_server() -> Iterator[WritingServer]:
    server = WritingServer()
    with running_model_server(server):
        yield server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "world" in metafunc.fixturenames:
        metafunc.parametrize("world", range(metafunc.config.getoption("--worlds")))


_lines: list[str] = []


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Gather the figures of all processes."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.stats.get(kind, ())]
    found = [pair for each in reports for pair in getattr(each, "user_properties", ())]
    worlds = [value for name, value in found if name == "world"]
    leaks = [value for name, value in found if name == "leak"]
    _lines.extend(
        f"timing {author}: {count} requests, AUC {area:.4f}, 95 % {area - 1.96 * error:.4f} to "
        f"{area + 1.96 * error:.4f}"
        for name, (author, count, area, error) in ((n, v) for n, v in found if n == "timing")
    )
    if worlds or leaks:
        requests, differing = (sum(value[place] for value in worlds) for place in (0, 1))
        _lines.append(
            f"worlds {len(worlds)}, requests {requests}, differences {differing}, "
            f"planted leaks caught {sum(leaks)} of {len(leaks)}"
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    """Print them last, where a reader looks for them."""
    if config.getoption("--worlds") > DEFAULT_WORLDS or config.getoption("--timed-requests") >= PRECISE:
        sys.stdout.write("".join(f"{line}\n" for line in _lines))
