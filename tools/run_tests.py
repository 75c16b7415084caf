"""Runs the test suite on SQLite and on PostgreSQL and closes with one line per database.

``python -m tools.run_tests [pytest arguments]``. A skipped or expected failure counts as a broken promise.
Missing servers are installed: by apt-get as root, otherwise as packages into .venv.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import servers

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Need:
    """A program of the machine: how it is found, and Debian's packages that bring it."""

    find: Callable[[], Path]
    packages: tuple[str, ...]

    def is_met(self) -> bool:
        try:
            self.find()
        except servers.MissingProgramError:
            return False
        return True


NEEDS = (
    Need(servers.postgresql_directory, ("postgresql",)),
    Need(servers.redis_program, ("redis-server",)),
    Need(servers.chromium_program, ("chromium", "fonts-liberation")),
)


@dataclass(frozen=True)
class Outcome:
    """The counts of one pass, and what its fixtures reported."""

    passed: int
    failed: int
    skipped: int
    status: int
    reported: tuple[str, ...] = ()

    @property
    def kept_its_promise(self) -> bool:
        return self.status == 0 and self.passed > 0 and not self.failed and not self.skipped

    def line(self, name: str) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{name}: {self.passed} passed, {self.failed} failed{skipped}"


def install_needs(needs: Sequence[Need]) -> None:
    """Install what is missing, or leave with the command that does."""
    missing = [need for need in needs if not need.is_met()]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        packages = [package for need in missing for package in need.packages]
        print(f"apt-get install {' '.join(packages)}", flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        for command in (["apt-get", "update", "-qq"], install):
            subprocess.run(
                command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True
            )
    elif any(need.find is not servers.chromium_program for need in missing):
        subprocess.run([sys.executable, "tools/setup.py", "servers"], cwd=ROOT, check=True)
    for need in needs:
        need.find()


def run_pass(name: str, database_url: str, arguments: list[str]) -> Outcome:
    """Run pytest once against one database."""
    print(f"\n=== {name} ===", flush=True)
    with tempfile.TemporaryDirectory(prefix="equipoise-tests-") as home:
        report = Path(home) / "report.xml"
        options = [
            "-q",
            "-n",
            str(min(os.cpu_count() or 1, 4)),
            "--dist",
            "loadgroup",
            f"--junitxml={report}",
        ]
        command = [sys.executable, "-m", "pytest", *options, *arguments]
        status = subprocess.run(
            command, cwd=ROOT, env=_environment(database_url, home), check=False
        ).returncode
        return read_outcome(report, status)


def read_outcome(report: Path, status: int) -> Outcome:
    """Read the counts from pytest's XML report; without one, nothing passed."""
    if not report.exists():
        return Outcome(0, 0, 0, status or 1)
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    root = ET.parse(report).getroot()  # noqa: S314 - written by our own pytest
    for suite in root.iter("testsuite"):
        for key in counts:
            counts[key] += int(suite.get(key, 0))
    failed = counts["failures"] + counts["errors"]
    reported = tuple(line.get("value", "") for line in root.iterfind("testsuite/properties/property"))
    return Outcome(counts["tests"] - failed - counts["skipped"], failed, counts["skipped"], status, reported)


def _environment(database_url: str, home: str) -> dict[str, str]:
    """The caller's environment without its own configuration of a site."""
    configuration = (
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "CSRF_TRUSTED_ORIGINS",
        "DEBUG",
    )
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in configuration and not key.startswith("EQUIPOISE_")
    }
    return kept | {
        "DATABASE_URL": database_url,
        "EQUIPOISE_VAR": home + "/var",
        "OPENBLAS_NUM_THREADS": "1",
    }


def has_needs(needs: Sequence[Need]) -> bool:
    """Whether all programs are there, installed just now if they had to be; says what is missing."""
    try:
        install_needs(needs)
    except servers.MissingProgramError as missing:
        print(f"error: {missing} (as root)", file=sys.stderr)
        return False
    except subprocess.CalledProcessError as failure:
        output = (failure.stderr or b"").decode(errors="replace")
        print(f"error: {' '.join(failure.cmd)} failed\n{output}", file=sys.stderr)
        return False
    return True


def main(arguments: list[str]) -> int:
    """Run both passes; return 0 when every test of both passed."""
    if not has_needs(NEEDS):
        return 1
    outcomes = {"sqlite": run_pass("sqlite", "", arguments)}
    with servers.postgresql() as url:
        # What touches no database has been tested in the first pass.
        outcomes["postgresql"] = run_pass("postgresql", url, ["--database-only", *arguments])
    print()
    for name, outcome in outcomes.items():
        print(outcome.line(name))
    return 0 if all(outcome.kept_its_promise for outcome in outcomes.values()) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
