"""Whatever the code imports is a pinned direct dependency, and whatever is pinned runs on a bare machine."""

import re
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from tests.architecture.sources import PACKAGES, ROOT, imported_modules, python_files, tree

# vLLM and what it brings live in environments of their own; Kombu is part of Celery.
ELSEWHERE = {"vllm", "torch", "tokenizers", "transformers", "kombu"}
DEBIAN_12 = "3.11.2"  # its Python; a package that refuses it cannot be installed there
OWN = {*PACKAGES, "tests", "tools", "bench"}


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _pins(*files: str) -> dict[str, str]:
    lines = [line for name in files for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    pins = [re.match(r"([A-Za-z0-9_.-]+)(?:\[[a-z,]+\])?==(\S+)", line) for line in lines]
    return {_normal(pin[1]): pin[2] for pin in pins if pin}


def _foreign(paths: list[Path]) -> set[str]:
    roots = {module.split(".")[0] for path in paths for module in imported_modules(tree(path))}
    return roots - OWN - ELSEWHERE - set(sys.stdlib_module_names)


@pytest.mark.parametrize(
    ("folders", "files"),
    [
        (PACKAGES, ["requirements.in"]),
        (("tests", "tools", "bench"), ["requirements.in", "requirements-dev.in"]),
    ],
)
def test_every_imported_package_is_a_direct_dependency(folders: tuple[str, ...], files: list[str]) -> None:
    homes = packages_distributions()
    direct = set(_pins(*files))
    undeclared = {
        root
        for root in _foreign(python_files(*folders))
        if not direct & {_normal(distribution) for distribution in homes.get(root, [root])}
    }
    assert undeclared == set()


@pytest.mark.parametrize(
    "name",
    [
        "requirements",
        "requirements-dev",
        "requirements-servers",
        "requirements-gpu",
        "requirements-vllm-test",
    ],
)
def test_a_locked_file_pins_the_versions_that_its_source_asks_for(name: str) -> None:
    wanted = _pins(f"{name}.in")
    locked = _pins("requirements.txt", f"{name}.txt")
    assert {package: locked.get(package) for package in wanted} == wanted


@pytest.mark.parametrize("name", ["requirements-gpu.txt", "requirements-vllm-test.txt"])
def test_an_environment_with_vllm_holds_the_projects_own_versions_but_for_those_it_names(name: str) -> None:
    own, locked = _pins("requirements.txt"), _pins(name)
    other = {package: locked.get(package) for package in own if locked.get(package) != own[package]}
    named = (ROOT / name).read_text(encoding="utf-8").splitlines()[1].partition(": ")[2].split()
    assert [f"{package}=={version}" for package, version in other.items()] == named


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*")), ids=lambda path: path.name)
def test_no_requirement_names_a_host_or_a_file(path: Path) -> None:
    assert not re.search(
        r"https?:|file:|\s@\s|--(?:extra-)?index|--find-links", path.read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*.in")), ids=lambda path: path.name)
def test_every_direct_dependency_has_its_justification(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if "==" in line and not re.search(r"\s# \w.{9,}", line)]


@pytest.mark.parametrize("package", sorted(_pins("requirements.txt", "requirements-dev.txt")))
def test_a_locked_package_runs_on_debians_python(package: str) -> None:
    required = distribution(package).metadata.get_all("Requires-Python") or [""]
    assert DEBIAN_12 in SpecifierSet(required[0])
