"""Compare the analysis with a folder of reference cases.

    python -m tests.reference.conformance DIR

Prints each disagreement with both numbers, then the keys that are not implemented with the reason, and last
the totals. The exit status is 1 on any disagreement, 2 if the folder holds no case.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.reference.adapters import registry
from tests.reference.cases import Case, agrees, read_cases


@dataclass
class Tally:
    """What the comparison of one or more cases found; `disagree` and `missing` hold printable lines."""

    agree: int = 0
    disagree: list[str] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)

    @property
    def line(self) -> str:
        """The totals."""
        return f"agree {self.agree}, disagree {len(self.disagree)}, not implemented {len(self.missing)}"


def _got(answer: Any) -> tuple[Any, str]:
    # One value that cannot be computed must be reported beside the others, whatever the error.
    try:
        return answer(), ""
    except Exception as error:  # noqa: BLE001
        return None, f"{type(error).__name__}: {error}"


def _refused(error: str) -> Callable[[], Any]:
    def answer() -> Any:
        raise ValueError(error)

    return answer


def compare(case: Case, tally: Tally) -> None:
    """Add the comparison of every expected value of a case."""
    # A case that cannot even be read must not hide the others.
    answers, unread = _got(lambda: registry.answers(case))
    if unread:
        answers = {key: _refused(unread) for key in case.expected}
    for key, record in case.expected.items():
        if key not in answers:
            tally.missing.append((f"{case.area}/{key}", registry.reason(case, key)))
            continue
        got, error = _got(answers[key])
        if not error and agrees(got, record):
            tally.agree += 1
        else:
            shown = error or got
            tally.disagree.append(
                f"{case.area}/{case.name} {key}: got {shown}, expected {record['value']}"
                f" (tolerance {record['tol_abs']:g} + {record['tol_rel']:g} relative)"
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare one folder; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference.conformance")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    tally = Tally()
    found = 0
    for found, case in enumerate(read_cases(folder), start=1):  # noqa: B007  the count of cases
        compare(case, tally)
    if not found:
        print(f"{folder} holds no reference case", file=sys.stderr)
        return 2
    print("\n".join(tally.disagree), end="\n" if tally.disagree else "")
    for (key, why), times in sorted(Counter(tally.missing).items()):
        print(f"not implemented: {key} ({times}): {why}")
    print(tally.line)
    return 1 if tally.disagree else 0


if __name__ == "__main__":
    sys.exit(main())
