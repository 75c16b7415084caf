"""What stands beside the primary test of a comparison and never decides."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.differences import Differences
from analysis.estimate import Array, t_interval, t_tail
from analysis.paired.lattice import Integers
from analysis.paired.location import hodges_lehmann, sign_test
from analysis.paired.signed_rank import sign_flip, signed_rank, signed_rank_normal
from analysis.quick import options as setting
from analysis.quick.bootstrap import bootstrap_pairs
from analysis.quick.comparison import limits
from analysis.quick.options import Options
from analysis.quick.pairs import block_kind, block_labels, vignette_means

Record = dict[str, Any]
EXACT_UP_TO = 500
FLIP_WORK = 200_000_000
# Means of many different numbers of scores have no short common fraction; so fine a step keeps their ties.
FINE = 10**7
MAX_DENOMINATOR = 10**6
CHUNK = 200
SMALLEST_CELL = 3


def lattice_steps(means: Array, counts: NDArray[np.int64], denominator: int) -> tuple[Integers, int]:
    """Vignette means as whole multiples of one fraction, and its denominator.

    Parameters
    ----------
    means : ndarray, shape (n,)
    counts : ndarray of int, shape (n,)
        Differences behind each mean.
    denominator : int
        That makes a score whole, 0 if there is none.
    """
    common = denominator * math.lcm(*(int(n) for n in np.unique(counts)))
    used = common if 0 < common <= MAX_DENOMINATOR else FINE
    return np.asarray(np.rint(means * used), dtype=np.int64), used


def panel_only(differences: Differences, options: Options) -> Record:
    """One-sample t over blocks with the raters fixed: it speaks of this panel of raters only."""
    kind = block_kind(differences, options)
    names, index, n = np.unique(block_labels(differences, kind), return_inverse=True, return_counts=True)
    means = np.bincount(index, differences.value, len(names)) / n
    blocks = len(means)
    record: Record = {"unit": kind, "blocks": blocks, "estimate": float(means.mean()), "reason": ""}
    if blocks < 2 or np.ptp(means) < 1e-12:
        return {**record, "reason": "fewer than 2 blocks" if blocks < 2 else "all block means are equal"}
    se = float(means.std(ddof=1) / np.sqrt(blocks))
    low, high = t_interval(means.mean(), se, blocks - 1, setting.CONFIDENCE)
    p = float(2 * t_tail(abs(means.mean()) / se, blocks - 1))
    interval = limits((float(low), float(high)), setting.CONFIDENCE)
    return {**record, "se": se, "df": blocks - 1, "interval": interval, "p_two_sided": p}


def _rank_record(steps: Integers) -> Record:
    if len(steps) <= EXACT_UP_TO:
        exact = signed_rank(steps, "pratt")
        return {"method": "exact", "p_two_sided": exact.p_two_sided, "reason": exact.reason}
    normal = signed_rank_normal(steps, "pratt")
    return {"method": "normal approximation", "p_two_sided": normal.p_two_sided, "reason": normal.reason}


def _drawn_flips(steps: Integers, options: Options) -> float:
    """Two-sided Monte-Carlo p of the sum under random signs, (b + 1) / (B + 1)."""
    rng = np.random.Generator(np.random.PCG64([options.seed, 7]))
    sizes, observed, hits = np.abs(steps).astype(float), abs(int(steps.sum())), 0
    for start in range(0, options.draws, CHUNK):
        rows = min(CHUNK, options.draws - start)
        signs = 2.0 * rng.integers(0, 2, size=(rows, len(steps)), dtype=np.int8) - 1
        hits += int((np.abs(signs @ sizes) >= observed).sum())
    return (hits + 1) / (options.draws + 1)


def _flip_record(steps: Integers, denominator: int, options: Options) -> Record:
    moved = np.abs(steps[steps != 0])
    unit = int(np.gcd.reduce(moved)) if len(moved) else 1
    if int(moved.sum()) // unit * len(moved) <= FLIP_WORK:
        exact = sign_flip(steps, denominator)
        return {"method": "exact", "p_two_sided": exact.p_two_sided, "reason": exact.reason}
    p = _drawn_flips(steps, options)
    return {"method": f"{options.draws} random flips", "p_two_sided": p, "reason": ""}


def rank_statistics(differences: Differences, denominator: int, options: Options) -> Record:
    """Pratt signed-rank, Hodges-Lehmann, sign-flip and sign test of the vignette means."""
    _, means, counts = vignette_means(differences)
    steps, used = lattice_steps(means, counts, denominator)
    location = hodges_lehmann(steps, used, setting.CONFIDENCE)
    signs = sign_test(steps, setting.CONFIDENCE)
    return {
        "unit": "vignette",
        "n": len(steps),
        "zero": int((steps == 0).sum()),
        "pratt": _rank_record(steps),
        "sign_flip": _flip_record(steps, used, options),
        "sign": {"positive": signs.positive, "negative": signs.negative, "p_two_sided": signs.p_two_sided},
        "hodges_lehmann": {
            "estimate": location.estimate,
            "interval": limits(location.interval, setting.CONFIDENCE),
            "coverage": location.coverage,
        },
    }


def responder_means(differences: Differences) -> list[Record]:
    """Mean difference of each responder of the second side; of fewer than 3 differences only their number."""
    names, index, n = np.unique(differences.second, return_inverse=True, return_counts=True)
    means = np.bincount(index, differences.value, len(names)) / n
    return [
        {"responder": str(name), "n": int(count), "mean": float(mean) if count >= SMALLEST_CELL else None}
        for name, mean, count in zip(names, means, n, strict=True)
    ]


def bootstrap_record(differences: Differences, options: Options) -> Record:
    """Two-way bootstrap over blocks and raters."""
    labels = block_labels(differences, block_kind(differences, options))
    found = bootstrap_pairs(
        labels,
        differences.rater,
        differences.value,
        draws=options.draws,
        seed=options.seed,
        confidence=setting.CONFIDENCE,
    )
    return {"se": found.se, "interval": limits(found.interval, setting.CONFIDENCE), "draws": found.draws}


def beside(differences: Differences, denominator: int, options: Options) -> Mapping[str, Any] | None:
    """Everything beside one comparison; None without differences."""
    if len(differences) == 0:
        return None
    return {
        "means": {
            "first": float(differences.first_score.mean()),
            "second": None if options.paired else float(differences.second_score.mean()),
        },
        "zero_share": float((differences.value == 0).mean()),
        "panel_only": panel_only(differences, options),
        "ranks": rank_statistics(differences, denominator, options),
        "bootstrap": bootstrap_record(differences, options),
    }
