"""No code is made from text, no shell is asked, no query is put together by hand, no markup is trusted."""

import ast
import re

import pytest

from tests.architecture.sources import PACKAGES, ROOT, name, python_files, template_files, tree

CODE_FROM_TEXT = {"eval", "exec", "compile", "__import__"}
SHELLS = {"system", "popen", "getoutput", "getstatusoutput"}
QUERIES_BY_HAND = {"raw", "extra", "RawSQL"}
TRUSTED_MARKUP = {"mark_safe", "SafeString", "Template", "from_string"}
# The project's own style sheets, inlined into the file of the report.
OWN_MARKUP = {"study/reports/rendering.py: mark_safe"}
# The QR code that the account package draws.
OWN_PICTURES = {"templates/mfa/totp/activate_form.html"}
WRITES_MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\s*\(|new Function|postMessage"
)
UNESCAPED = re.compile(r"\|\s*(?:safe|safeseq)\b|\{%\s*autoescape\s+off")


def calls(*names: str) -> set[str]:
    """Return file and name of the calls of these functions and methods."""
    return {
        f"{name(path)}: {called}"
        for path in python_files(*PACKAGES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and (called := _called(node)) in names
    }


def _called(call: ast.Call) -> str:
    """Return the name of what is called; a regular expression is compiled to no code."""
    whole = ast.unparse(call.func)
    return "" if whole == "re.compile" else whole.rpartition(".")[2]


@pytest.mark.parametrize("banned", [CODE_FROM_TEXT, SHELLS, QUERIES_BY_HAND], ids=["code", "shell", "query"])
def test_nothing_calls(banned: set[str]) -> None:
    assert calls(*banned) == set()


def test_no_process_is_started_through_a_shell() -> None:
    found = {
        name(path)
        for path in python_files(*PACKAGES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.keyword) and node.arg == "shell"
    }
    assert found == set()


def test_no_markup_is_trusted_but_what_the_program_makes_itself() -> None:
    assert calls(*TRUSTED_MARKUP) == OWN_MARKUP
    assert {name(path) for path in template_files() if UNESCAPED.search(path.read_text())} <= OWN_PICTURES


def test_no_script_writes_markup_or_makes_code() -> None:
    scripts = sorted((ROOT / "study" / "static").rglob("*.js"))
    assert len(scripts) >= 2
    assert [name(path) for path in scripts if WRITES_MARKUP.search(path.read_text(encoding="utf-8"))] == []
