"""The flags of the shipped profiles and of the deployment are ones that vLLM knows."""

import json
import re
import shlex
import subprocess

import pytest

from study.engines.profiles.loader import profile_names, shipped_profile
from tests.responses.faults.processes import ROOT
from tests.vllm.processes import VLLM_PYTHON, environment

PARSE = """
import json, sys
from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser
parser = make_arg_parser(FlexibleArgumentParser())
for words in json.load(sys.stdin):
    parser.parse_args(words)
    print("taken")
"""


def _commands() -> dict[str, list[str]]:
    commands = {name: shipped_profile(name).serve_command("DIRECTORY")[2:] for name in profile_names()}
    unit = (ROOT / "deploy" / "vllm.service").read_text(encoding="utf-8")
    started = re.search(r"^ExecStart=\S+ serve (.*)$", unit, re.MULTILINE)
    assert started is not None
    known = {"${MODEL}": "DIRECTORY", "${SERVED_NAME}": "name", "${GPUS}": "4", "${MAX_MODEL_LEN}": "4096"}
    words = started[1].removesuffix(" $EXTRA")
    for variable, value in known.items():
        words = words.replace(variable, value)
    return {**commands, "vllm.service": shlex.split(words)}


@pytest.fixture(scope="module")
def taken() -> list[str]:
    words = json.dumps([["--model", *command] for command in _commands().values()])
    done = subprocess.run(
        [str(VLLM_PYTHON), "-c", PARSE],
        cwd=ROOT,
        input=words,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return re.findall(r"^taken$", done.stdout, re.MULTILINE)


def test_vllm_takes_the_flags_of_every_profile_and_of_the_service(taken: list[str]) -> None:
    assert len(taken) == len(profile_names()) + 1
