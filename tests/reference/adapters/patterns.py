"""Answers by patterns of keys, so that a key with other numbers in it is still known."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from tests.reference.cases import Case

Pattern = tuple[str, Callable[..., Any]]


def matched(case: Case, patterns: Sequence[Pattern], *context: Any) -> Mapping[str, Callable[[], Any]]:
    """Thunks for the keys of a case that match a pattern as a whole; the first pattern that matches answers.

    An answer is called with the context and then the groups of the pattern.
    """
    found: dict[str, Callable[[], Any]] = {}
    for key in case.expected:
        for pattern, answer in patterns:
            match = re.fullmatch(pattern, key)
            if match:
                found[key] = partial(answer, *context, *match.groups())
                break
    return found


def confidence(percent: str) -> float:
    """0.95 for "95"."""
    return float(percent) / 100
