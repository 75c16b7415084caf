"""`tools/setup.py`: what is missing is named with its remedy before anything is installed."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.setup import remedy_of

ROOT = Path(__file__).resolve().parent.parent.parent
WITHOUT = """
import importlib.util, runpy, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == {module!r} else find(name, *rest)
sys.argv = ["setup.py", "runtime"]
runpy.run_path("tools/setup.py", run_name="__main__")
"""
OLD_PYTHON = """
import runpy, sys
sys.version_info = (3, 9, 2)
sys.argv = ["setup.py", "runtime"]
runpy.run_path("tools/setup.py", run_name="__main__")
"""
OTHER_MACHINE = """
import platform, runpy, sys
platform.machine = lambda: "aarch64"
sys.argv = ["setup.py", "vllm"]
runpy.run_path("tools/setup.py", run_name="__main__")
"""


def _failure(*command: str) -> str:
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert time.monotonic() - started < 2
    return done.stderr


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_the_module_is_told_which_package_brings_it(module: str) -> None:
    message = _failure(sys.executable, "-c", WITHOUT.format(module=module))
    assert f"no module {module}" in message
    assert "apt-get install python3-venv" in message


def test_an_old_python_is_told_which_version_is_needed() -> None:
    message = _failure(sys.executable, "-c", OLD_PYTHON)
    assert "needs Python 3.11 or newer" in message
    assert "remedy: apt-get install" in message


def test_make_without_a_python_names_the_package() -> None:
    message = _failure("make", "setup", "PYTHON=no-such-python")
    assert "no-such-python is not installed" in message
    assert "remedy: apt-get install python3 python3-venv" in message


def test_a_machine_without_a_wheel_of_vllm_is_told_which_has_one() -> None:
    message = _failure(sys.executable, "-c", OTHER_MACHINE)
    assert "vLLM for the CPU is there for Python 3.11 on Linux x86_64" in message
    assert "on linux aarch64" in message
    assert "make test needs none of it" in message


def test_a_missing_build_of_pytorch_is_told_apart_from_a_broken_installation() -> None:
    missing = "ERROR: No matching distribution found for torch==2.13.0+cpu"
    assert "PyTorch's CPU build is not among pip's packages" in remedy_of(
        ["Collecting torch==2.13.0+cpu", missing]
    )
    assert "run the command again" in remedy_of(["ERROR: connection reset"])
