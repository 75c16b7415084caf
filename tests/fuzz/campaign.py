"""``python -m tests.fuzz.campaign --cases N --machine-examples M``: the fuzzers and machines, for long.

They run on the database that DATABASE_URL names, as the tests do; the status is pytest's.
"""

import argparse
import sys

import pytest


def main() -> int:
    """Run both fuzzers and the three machines with these numbers."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.campaign")
    parser.add_argument("--cases", type=int, default=20_000, help="requests of each fuzzer")
    parser.add_argument("--machine-examples", type=int, default=2_000, help="courses of each state machine")
    chosen = parser.parse_args()
    numbers = [f"--fuzz-cases={chosen.cases}", f"--machine-examples={chosen.machine_examples}"]
    return pytest.main(["-q", "-n", "0", "tests/fuzz", "tests/machines", "--durations=5", *numbers])


if __name__ == "__main__":
    sys.exit(main())
