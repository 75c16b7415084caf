"""The import contracts that keep judges blind are there; `make check` holds the code to them."""

import tomllib
from typing import Any

from tests.architecture.sources import ROOT, imported_modules, python_files, tree

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {each["name"].partition(".")[0]: each for each in SETTINGS["tool"]["importlinter"]["contracts"]}


def contract(name: str) -> dict[str, Any]:
    found: dict[str, Any] = CONTRACTS[name]
    return found


def test_judging_stands_under_the_same_rule_as_ratings() -> None:
    for name in ("4a", "4b"):
        assert contract(name)["source_modules"] == ["study.ratings", "study.judging"]
    assert {"study.responses", "study.blinding.key"} <= set(contract("4a")["forbidden_modules"])
    assert "study.ratings | study.judging" in contract("3a")["layers"]


def test_of_the_blind_side_judging_imports_the_items_alone() -> None:
    found = {module for path in python_files("study/judging") for module in imported_modules(tree(path))}
    near = {module for module in found if module.startswith(("study.blinding", "study.responses"))}
    assert near == {"study.blinding.models.BlindedItem"}


def test_nothing_before_the_freeze_imports_judging() -> None:
    upstream = ("protocol", "participants", "responses", "blinding", "ratings")
    found = {
        module
        for stage in upstream
        for path in python_files(f"study/{stage}")
        for module in imported_modules(tree(path))
    }
    assert not [module for module in found if module.startswith("study.judging")]
