"""What the planner says about a design whose headline is to be "matches"."""

from collections.abc import Sequence

from analysis.decision import EQUIVALENCE_DIMENSION, EQUIVALENT
from analysis.plan import EQUIVALENCE_ALPHAS
from analysis.power.blocks import STUDIES, Tally
from analysis.power.design import Design, resized

ENOUGH = 0.8
RECOMMENDED = (8, 60)
# Raters and vignettes that are tried, each at least as many as the design has.
SIZES = ((8, 0), RECOMMENDED, (12, 60), (12, 90), (16, 90))
TRIED_STUDIES = 500
KEY = f"alone|{EQUIVALENT}|{EQUIVALENCE_DIMENSION}"
RULE = (
    'A study whose headline is "matches" needs at least 8 raters and about 60 vignettes; '
    "with few raters no number of vignettes makes up for them."
)
BEYOND = "the true difference of medical correctness is not inside the margin, so no size gives it power"


def _power(tally: Tally) -> float:
    return tally[KEY] / tally[STUDIES]


def _inside(design: Design) -> bool:
    margin = design.margins[EQUIVALENCE_DIMENSION]
    return all(abs(value) < margin for value in design.differences[EQUIVALENCE_DIMENSION].values())


def sizes_to_try(design: Design, tally: Tally) -> list[Design]:
    """Larger designs, the fewest ratings first, if equivalence has low power; none for a slow engine."""
    if _power(tally) >= ENOUGH or not design.complete or not _inside(design):
        return []
    larger = []
    for raters, vignettes in SIZES:
        grown = (max(raters, design.raters), max(vignettes, design.vignettes))
        if grown == (design.raters, design.vignettes):
            continue
        try:
            larger.append(resized(design, raters=grown[0], vignettes=grown[1]))
        except ValueError:
            continue
    distinct = {(d.raters, d.vignettes): d for d in larger}
    return sorted(distinct.values(), key=lambda d: (d.raters * d.vignettes, d.raters))


def _size(design: Design) -> str:
    return f"{design.raters} raters and {design.vignettes} vignettes"


def advice(design: Design, tally: Tally, tried: Sequence[tuple[Design, Tally]]) -> list[str]:
    """Sentences on the power of "equivalent" on correctness to every level; none if it is enough."""
    power = _power(tally)
    if power >= ENOUGH:
        return []
    width = "90 %" if design.equivalence_alpha == max(EQUIVALENCE_ALPHAS) else "95 %"
    low = (
        f'"{EQUIVALENT}" on medical correctness to every level ({width} interval) has power '
        f"{power:.2f} with {_size(design)}: low."
    )
    if not _inside(design):
        return [f"{low[:-1]}; {BEYOND}."]
    return [low, *_recommended(tried), *_enough(tried), RULE]


def _recommended(tried: Sequence[tuple[Design, Tally]]) -> list[str]:
    found = [pair for pair in tried if (pair[0].raters, pair[0].vignettes) == RECOMMENDED]
    return [f"With {_size(larger)} it has {_power(tally):.2f}." for larger, tally in found]


def _enough(tried: Sequence[tuple[Design, Tally]]) -> list[str]:
    if not tried:
        return []
    passed = [(larger, tally) for larger, tally in tried if _power(tally) >= ENOUGH]
    largest = max(tried, key=lambda pair: _power(pair[1]))
    best, tally = passed[0] if passed else largest
    if passed:
        return [f"The smallest size tried that reaches {ENOUGH:.2f} is {_size(best)} ({_power(tally):.2f})."]
    return [f"No size tried reaches {ENOUGH:.2f}; the best is {_size(best)} ({_power(tally):.2f})."]
