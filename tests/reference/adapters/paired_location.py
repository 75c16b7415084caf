"""Paired location: t, exact and approximate signed-rank, Hodges-Lehmann, sign test, sign flip."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.paired import location, signed_rank
from analysis.paired.lattice import Integers, find_lattice
from tests.reference.adapters.patterns import Pattern, confidence, matched
from tests.reference.cases import Case

REASONS = {
    "hodges_lehmann.r_wilcox_normal": "a root search on a discontinuous function, not a median",
    "hodges_lehmann.exactRankTests_ci95": "the interval of one R package, which drops zeros first",
}


@dataclass(frozen=True)
class Pairs:
    """The complete pairs of a case."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @cached_property
    def lattice(self) -> tuple[Integers, int]:
        """Differences as whole steps, and the denominator."""
        return find_lattice(self.x - self.y)

    @cached_property
    def t(self) -> location.PairedT:
        """The paired t-test."""
        return location.paired_t(*self.lattice)

    @cached_property
    def sign(self) -> location.SignTest:
        """The sign test."""
        return location.sign_test(self.lattice[0])


def read_pairs(case: Case) -> Pairs:
    """The complete pairs of the columns x and y."""
    complete = case.table[["x", "y"]].dropna()
    return Pairs(complete["x"].to_numpy(float), complete["y"].to_numpy(float))


def _exact(pairs: Pairs, rule: signed_rank.ZeroMethod) -> signed_rank.ExactTest:
    return signed_rank.signed_rank(pairs.lattice[0], rule)


def _normal(pairs: Pairs, rule: signed_rank.ZeroMethod, *, correction: bool) -> signed_rank.NormalTest:
    return signed_rank.signed_rank_normal(pairs.lattice[0], rule, correction=correction)


def _order(
    method: Callable[..., location.OrderInterval], pairs: Pairs, percent: str
) -> tuple[float, float] | None:
    return method(*pairs.lattice, confidence(percent)).interval if len(pairs.x) else None


def _hodges_lehmann(pairs: Pairs, which: str) -> float | None:
    steps, denominator = pairs.lattice
    used = steps[steps != 0] if which == "nonzero" else steps
    return location.hodges_lehmann(used, denominator).estimate if len(used) else None


def _exact_of_r(pairs: Pairs) -> dict[str, Any]:
    result = location.hodges_lehmann(*pairs.lattice)
    p = signed_rank.signed_rank(pairs.lattice[0]).p_two_sided
    differences = pairs.x - pairs.y
    # With too few pairs for the confidence, R gives the whole range and warns.
    interval = result.interval or (differences.min(), differences.max())
    return {"estimate": result.estimate, "ci95": interval, "p": p}


def _flip(pairs: Pairs, p: str) -> float | None:
    test = signed_rank.sign_flip(*pairs.lattice)
    value: float | None = getattr(test, p)
    return value


ZEROS = "(wilcoxon|pratt)"
P = "(p_two_sided|p_greater|p_less)"
PATTERNS: list[Pattern] = [
    ("n_pairs", lambda d: len(d.x)),
    ("n_zero", lambda d: d.sign.zero),
    ("n_pos", lambda d: d.sign.positive),
    ("n_neg", lambda d: d.sign.negative),
    ("mean_diff", lambda d: d.t.mean),
    ("median_diff", lambda d: float(np.median(d.x - d.y)) if len(d.x) else None),
    ("sd_diff", lambda d: d.t.sd),
    ("(?:paired_t|wilcoxon|pratt|sign).undefined", lambda d: bool(d.t.reason or d.sign.reason)),
    ("paired_t.t", lambda d: d.t.statistic),
    (f"paired_t.(df|{P[1:-1]})", lambda d, field: getattr(d.t, field)),
    (
        "paired_t.ci([0-9.]+)",
        lambda d, percent: location.paired_t(*d.lattice, confidence=confidence(percent)).interval,
    ),
    (f"{ZEROS}.V_plus", lambda d, rule: _exact(d, rule).positive),
    (f"{ZEROS}.V_minus", lambda d, rule: _exact(d, rule).negative),
    (f"{ZEROS}.exact.{P}", lambda d, rule, p: getattr(_exact(d, rule), p)),
    (f"{ZEROS}.midp.p_two_sided", lambda d, rule: _exact(d, rule).p_mid),
    (f"{ZEROS}.z", lambda d, rule: _normal(d, rule, correction=False).z),
    (f"{ZEROS}.asymptotic.{P}", lambda d, rule, p: getattr(_normal(d, rule, correction=False), p)),
    (f"{ZEROS}.asymptotic_cc.{P}", lambda d, rule, p: getattr(_normal(d, rule, correction=True), p)),
    ("hodges_lehmann.(all_pairs|nonzero)", _hodges_lehmann),
    ("hodges_lehmann.ci([0-9.]+)_order", lambda d, level: _order(location.hodges_lehmann, d, level)),
    ("hodges_lehmann.r_wilcox_exact", _exact_of_r),
    (f"sign.{P}", lambda d, p: getattr(d.sign, p)),
    ("sign.midp_two_sided", lambda d: d.sign.p_mid),
    (
        "sign.prop_pos_ci([0-9.]+)_clopper_pearson",
        lambda d, level: location.sign_test(d.lattice[0], confidence(level)).share_interval,
    ),
    ("sign.median_ci([0-9.]+)_order", lambda d, level: _order(location.median_interval, d, level)),
    (f"perm_mean.exact.{P}", _flip),
]


def answers(case: Case) -> Mapping[str, Callable[[], Any]]:
    """A thunk for every key that matches a pattern."""
    return matched(case, PATTERNS, read_pairs(case))
