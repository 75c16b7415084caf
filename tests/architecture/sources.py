"""The project's own files, as the architecture tests read them."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
STAGES = (
    "protocol",
    "participants",
    "responses",
    "blinding",
    "ratings",
    "judging",
    "privacy",
    "datasets",
    "reports",
    "demonstration",
)
PACKAGES = ("study", "vignettes", "analysis")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(*folders: str) -> list[Path]:
    """All Python files below the folders, generated migrations left out."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def template_files(*parts: str) -> list[Path]:
    """All templates, or those below one folder of templates."""
    return sorted((ROOT / "templates").joinpath(*parts).rglob("*.html"))


def name(path: Path) -> str:
    """A file's path inside the repository."""
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def line_count(path: Path) -> int:
    """The number of lines of a file."""
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> Iterator[Function]:
    """All functions and methods of a file."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def length(function: Function) -> int:
    """A function's lines from ``def`` to its end, docstring left out."""
    first = function.body[0]
    is_documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    documentation = (first.end_lineno or 0) - first.lineno + 1 if is_documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - documentation


def imported_modules(node: ast.AST) -> Iterator[str]:
    """Dotted names that the import statements below ``node`` may bind, ``from a import b`` as ``a.b``."""
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
