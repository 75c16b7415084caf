"""Where things live: empty stage packages, complete indexes, heavy modules in their one home."""

import ast
import importlib
from pathlib import Path

import pytest
from django.apps import apps

from tests.architecture.sources import (
    PACKAGES,
    ROOT,
    STAGES,
    Function,
    imported_modules,
    name,
    python_files,
    tree,
)

LIGHT = ("analysis.plan", "analysis.schema")
HEAVY_HOMES = {"reports", "tasks.py"}


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _decorated(path: Path, decorator: str) -> set[str]:
    definitions = (node for node in ast.walk(tree(path)) if isinstance(node, Function | ast.ClassDef))
    return {
        f"{_dotted(path)}.{node.name}"
        for node in definitions
        if any(decorator in ast.unparse(mark) for mark in node.decorator_list)
    }


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_package_imports_nothing_by_itself(stage: str) -> None:
    filled = [
        name(path)
        for path in (ROOT / "study" / stage).rglob("__init__.py")
        if path.read_text(encoding="utf-8").strip()
    ]
    assert not filled


def test_the_models_index_names_every_model() -> None:
    for path in python_files("study"):
        if path.name in {"models.py", "key.py"} or path.parent.name == "models":
            importlib.import_module(_dotted(path))
    index = importlib.import_module("study.models")
    missing = [
        model.__name__
        for model in apps.get_app_config("study").get_models()
        if getattr(index, model.__name__, None) is not model
    ]
    assert not missing


def test_the_tasks_index_names_every_task() -> None:
    index = ROOT / "study" / "tasks.py"
    tasks = {
        task
        for path in python_files("study")
        if path.name == "tasks.py" and path != index
        for task in _decorated(path, "shared_task")
    }
    named = set(imported_modules(tree(index))) if index.exists() else set()
    assert not tasks - named


def test_the_admin_index_names_every_admin_module() -> None:
    index = ROOT / "study" / "admin.py"
    modules = {_dotted(path) for path in python_files("study") if path.name == "admin.py" and path != index}
    named = " ".join(imported_modules(tree(index))) if index.exists() else ""
    assert not [module for module in modules if module not in named]


def test_stages_know_of_analysis_only_its_plan_and_its_schema() -> None:
    heavy = {
        f"{name(path)}: {module}"
        for path in python_files("study")
        if not HEAVY_HOMES & set(path.parts)
        for module in imported_modules(tree(path))
        if module.startswith("analysis")
        and not module.startswith(LIGHT)
        and module not in {f"analysis.{light}" for light in ("plan", "schema")}
    }
    assert not heavy


def test_pickle_and_the_random_module_are_nowhere() -> None:
    banned = {"random", "pickle", "shelve", "marshal"}
    found = {
        f"{name(path)}: {module}"
        for path in python_files(*PACKAGES, "tests", "tools", "bench")
        for module in imported_modules(tree(path))
        if module.split(".")[0] in banned
    }
    assert not found


def test_request_data_is_never_unpacked_into_a_call() -> None:
    found = {
        f"{name(path)}:{node.lineno}"
        for path in python_files("study")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg is None and ast.unparse(keyword.value).endswith(("request.data", "request.POST"))
    }
    assert not found
