"""What an import costs and what it needs, seen from a fresh interpreter."""

import subprocess
import sys

import pytest

from tests.architecture.sources import ROOT, python_files

WITHOUT_DJANGO = """
import importlib, sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "celery", "rest_framework", "study", "vignettes"}:
            raise ImportError(f"{name} is out of reach here")
sys.meta_path.insert(0, Blocked())
for module in sys.argv[1:]:
    importlib.import_module(module)
"""
LOADED = """
import importlib, sys
for module in sys.argv[1].split(","):
    importlib.import_module(module)
print(" ".join(sorted({name.split(".")[0] for name in sys.modules} & set(sys.argv[2].split(",")))))
"""
SITE = "import django; django.setup(); import importlib; importlib.import_module('study.urls')\n"
HEAVY = "matplotlib,pandas,pyarrow,scipy,statsmodels,torch,vllm"


def _python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_analysis_imports_with_django_out_of_reach() -> None:
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in python_files("analysis")]
    _python(WITHOUT_DJANGO, *(module for module in modules if not module.endswith(("__init__", "__main__"))))


@pytest.mark.parametrize("module", ["analysis.plan", "analysis.schema"])
def test_the_plan_and_the_schema_load_no_numerical_library(module: str) -> None:
    assert _python(LOADED, module, f"numpy,{HEAVY}") == ""


def test_engines_load_without_django() -> None:
    paths = python_files("study/engines")
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    assert _python(LOADED, ",".join(modules).replace(".__init__", ""), "django,celery,rest_framework") == ""


def test_a_web_process_starts_without_the_statistics_libraries() -> None:
    code = "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'study.settings'\n" + SITE + LOADED
    assert _python(code, "study.urls", HEAVY) == ""
