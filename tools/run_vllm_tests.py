"""Runs both connectors against a real vLLM on the CPU and closes with one line per connector.

``python -m tools.run_vllm_tests [pytest arguments]``. It needs .venv-vllm, which `make test-vllm` makes.
"""

import sys

from tests import servers
from tests.vllm.proxy import nginx_program
from tools.run_tests import NEEDS, Need, has_needs, run_pass

VLLM_NEEDS = (
    *(need for need in NEEDS if need.find is not servers.chromium_program),
    Need(nginx_program, ("nginx",)),
)


def main(arguments: list[str]) -> int:
    """Run the tests; return 0 when every one passed."""
    if not has_needs(VLLM_NEEDS):
        return 1
    with servers.postgresql() as url:
        # One process: the models and their servers are there once.
        outcome = run_pass("vllm", url, ["-n", "0", "tests/vllm", *arguments])
    print(f"\n{outcome.line('vllm')}")
    for line in outcome.reported:
        print(line)
    return 0 if outcome.kept_its_promise else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
