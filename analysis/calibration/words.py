"""The sentences and summary figures of the calibration page."""

from collections.abc import Callable, Iterable, Sequence

from analysis.calibration.cells import Cell, number, rate_text
from analysis.calibration.covering import COVERING
from analysis.calibration.groups import GROUPS
from analysis.calibration.names import ORDER, PANEL, PRIMARY, REML, TWO_WAY
from analysis.calibration.scenarios import DEFAULT, SIZES, Scenario, scenarios
from analysis.calibration.simple import DRAWS
from analysis.calibration.work import ENGINE, ORDINAL, SIMPLE

ACCEPTED = 0.06
CONSERVATIVE = 0.04
PANEL_NOTE = " It speaks of these raters only, and is measured here as if it spoke of raters like these."
# Where each primary procedure has to be run before it can be accepted.
EXPECTED: dict[str, Callable[[Scenario], bool]] = {
    TWO_WAY: lambda scenario: scenario.missing == 0,
    REML: GROUPS[ENGINE].covers,
}
NOMINAL = 0.05

INTRODUCTION = f"""\
Type-I error and interval coverage of the primary and of the supporting procedures on simulated studies.
`make calibrate` runs what is missing of `calibration.json` and writes this page from it.

**The data.** Scores are latent normal values cut at 1.5, 2.5, 3.5 and 4.5. Latent standard deviations:
vignette 0.5, response 0.5, rater 0.4, residual 0.7; resident and rater × source as each table says. A
rater's leaning is for residents or for the model as such. Residents' latent mean: *mid* 3.0, *ceiling* 4.2.
Missing scores are missing at random. One model against one level; the whole tree on four independent
dimensions and both levels.

**The nulls** are exact on the 1-5 scale: rounding, the ends of the scale and the residents' larger spread
move mean scores, so the model's latent mean is solved numerically until the difference of the expected
scores is exactly 0, -0.5 or +0.5 points (the expected score of a normal latent value is 1 plus the sum over
the cut points of the probability of exceeding them). Each test is made against that true difference.

**The grid.** Four sizes, each changing one thing about the default; within each size the full factorial of
rater × source, resident, scale, missing and null. Monte-Carlo standard errors stand in brackets.

**Studies.** Procedures without a model fit and the whole tree: at least {GROUPS[SIMPLE].studies:,} for each
scenario; the closed form and the tree where no score is missing, as the plan uses them. REML with
Kenward-Roger: {GROUPS[ENGINE].studies:,}, on every scenario of the default size, and on those of the other
sizes with missing scores at the null 0. The models of single ratings take 20 to 200 times as long as the
tests without a fit. Both run on {GROUPS[ORDINAL].studies:,} studies of each scenario of a covering array of
all sizes ({len(COVERING)} scenarios in which every level of each factor meets every level of each other
factor), and of the complete scenarios of the default size with resident SD 0.3, mid, at the null 0; the LMM
on more of the default size, as the tables show. The whole tree is not run with missing scores: 16 mixed
models for each study would take days. The CLMM's test is that of its implied mean difference in points."""
SUMMARY_NOTE = f"""\
Errors are two-sided, nominal .050. *One-sided* is the error in the direction of the claim whose edge the
null is (superior at 0, non-inferior at -0.5, equivalent at +0.5), nominal .025. The coverage of a t interval
is 1 minus its two-sided error; the Walsh interval beside the signed rank is not the inversion of that test.
The sign flip has no interval. The bootstrap has {DRAWS} draws. A largest of many rates exceeds the true
largest by one or two Monte-Carlo errors."""
TREE_NOTE = """\
One-sided nominal .025. *Any false claim*: a study in which the tree rejects a true null or prints a false
"equivalent", every true difference at the null of the row. *Gates passed*: a false superiority on any of the
three dimensions of the last step when the gates before it do not protect it, against both levels; shown for
the nulls under which superiority is false."""


def size_title(size: str) -> str:
    """For example ``30 vignettes, 15 residents × 2 vignettes, 4 raters``."""
    vignettes, residents, each, raters = SIZES[size]
    return f"{vignettes} vignettes, {residents} residents × {each} vignettes, {raters} raters"


def _rates(found: Iterable[Cell], what: str = "two_sided") -> list[tuple[float, Cell]]:
    pairs = [(cell.rate(what), cell) for cell in found]
    return [(rate.value, cell) for rate, cell in pairs if rate is not None]


def _extreme(found: Iterable[Cell], what: str, *, largest: bool) -> tuple[float, Cell] | None:
    rates = _rates(found, what)
    if not rates:
        return None
    return (max if largest else min)(rates, key=lambda pair: pair[0])


def summary_row(name: str, own: Sequence[Cell]) -> tuple[str, ...]:
    """Cells of the summary table for one procedure."""
    rates = [value for value, _ in _rates(own)]
    at_default = [value for value, _ in _rates(c for c in own if c.scenario.size == DEFAULT)]
    one_sided = [side.value for side in (cell.one_sided for cell in own) if side is not None]
    lowest = _extreme(own, "covered", largest=False)
    largest = max(rates)
    return (
        name,
        number(sum(rates) / len(rates)),
        number(min(rates)),
        number(largest),
        number(max(at_default)) if at_default else "–",
        number(max(one_sided)),
        "–" if lowest is None else number(lowest[0]),
        str(len(rates)),
        str(sum(value > ACCEPTED for value in rates)),
    )


def _where(cell: Cell) -> str:
    s = cell.scenario
    missing = f", {s.missing:.0%} missing" if s.missing else ""
    factors = (
        f"rater × source {s.rater_source:g}, resident {s.resident:g}, {s.scale}{missing}, null {s.null:+g}"
    )
    return f"{size_title(s.size)}; {factors}"


def _off(name: str, own: Sequence[Cell]) -> str:
    """How far one procedure is off, and where most."""
    worst = _extreme(own, "two_sided", largest=True)
    if worst is None:
        return f"* **{name}**: no study was estimable."
    value, cell = worst
    over = sum(v > ACCEPTED for v, _ in _rates(own))
    amount = (
        f"its error reaches {rate_text(cell.rate('two_sided'))} ({value / NOMINAL:.1f} times the nominal)"
    )
    tails = _tails(own)
    if not over:
        return f"* **{name}** is at most {rate_text(cell.rate('two_sided'))} in {len(own)} scenarios{tails}."
    start = (
        f"* **{name}** is off in {over} of {len(own)} scenarios: {amount}; worst at {_where(cell)}{tails}."
    )
    return start + (PANEL_NOTE if name == PANEL else "")


def _tails(own: Sequence[Cell]) -> str:
    """What a two-sided error hides: how far it falls below nominal, and a tail above its own nominal."""
    text = ""
    lowest = _extreme(own, "two_sided", largest=False)
    if lowest is not None and lowest[0] < CONSERVATIVE:
        text += f"; conservative down to {rate_text(lowest[1].rate('two_sided'))}"
    sides = [side for side in (cell.one_sided for cell in own) if side is not None]
    worst = max(sides, key=lambda rate: rate.value)
    if worst.value > NOMINAL / 2 + 3 * worst.error:
        text += f"; one-sided in a claim's direction up to {rate_text(worst)}, above the nominal .025"
    return text


def _acceptance(name: str, own: Sequence[Cell]) -> str:
    at_default = [cell for cell in own if cell.scenario.size == DEFAULT]
    worst = _extreme(at_default, "two_sided", largest=True)
    if worst is None:
        return f"* **{name}** has not been run at the default size."
    word = "accepted" if worst[0] <= ACCEPTED else "NOT accepted"
    planned = sum(scenario.size == DEFAULT and EXPECTED[name](scenario) for scenario in scenarios())
    if len(at_default) < planned:
        word = f"{word} so far, with {len(at_default)} of {planned} scenarios run"
    sides = [side for side in (cell.one_sided for cell in at_default) if side is not None]
    side = max(sides, key=lambda rate: rate.value)
    return (
        f"* **{name}** (primary) is **{word}**: over the {len(at_default)} scenarios of the default size its "
        f"largest two-sided error is {rate_text(worst[1].rate('two_sided'))}; at most {number(ACCEPTED)} is "
        f"required. Its largest one-sided error in a claim's direction is {rate_text(side)}, nominal .025."
    )


def _tree_verdict(trees: Sequence[Cell]) -> list[str]:
    worst = _extreme(trees, "false", largest=True)
    family = _extreme([c for c in trees if c.scenario.null == 0], "superior_ungated", largest=True)
    if worst is None or family is None:
        return []
    any_false, superior = (
        rate_text(worst[1].rate("false")),
        rate_text(family[1].rate("superior_ungated")),
    )
    sentence = (
        f"* **The whole tree** makes a false claim in at most {any_false} of the studies (one-sided nominal "
        f".025), worst at {_where(worst[1])}; the superiority family behind passed gates in {superior}."
    )
    return [sentence]


def verdicts(found: Sequence[Cell], trees: Sequence[Cell]) -> list[str]:
    """Plain sentences: which primary procedure is accepted, and who is off by how much."""
    lines = []
    for name in ORDER:
        own = [cell for cell in found if cell.procedure == name]
        if own and name in PRIMARY:
            lines.append(_acceptance(name, own))
    for name in ORDER:
        own = [cell for cell in found if cell.procedure == name]
        if own:
            lines.append(_off(name, own))
    return [*lines, *_tree_verdict(trees)]
