"""Power and type-I error of a design, with Monte-Carlo errors: the numbers of the planner."""

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.decision import EQUIVALENCE_DIMENSION, EQUIVALENT, SUPERIOR, design_faults
from analysis.plan import Plan
from analysis.power.advice import TRIED_STUDIES, advice, sizes_to_try
from analysis.power.blocks import STUDIES, Map, Tally, is_true, run_designs
from analysis.power.design import Design, resized, with_difference
from analysis.power.design_file import as_mapping
from analysis.power.scale import OutOfReachError, latent_means
from analysis.power.shares import Share, share
from analysis.schema import DIMENSION_LABELS, LEVELS

Record = dict[str, Any]
Seen = Callable[[int, int], None]
ENGINES = {True: "two-way-random t, closed form", False: "REML with Kenward-Roger, study by study"}
NULL_STUDIES_INCOMPLETE = 200


@dataclass(frozen=True)
class Point:
    """One value on one axis of the curve."""

    axis: str
    value: float
    design: Design


def claims_of(plan: Plan) -> list[tuple[str, str]]:
    """The claims of the tree in its order, and equivalence after non-inferiority of its dimension."""
    listed = [(step.claim, d) for step in plan.tree for d in step.dimensions]
    listed.insert(2, (EQUIVALENT, EQUIVALENCE_DIMENSION))
    return listed


def claim_label(claim: str, dimension: str) -> str:
    """For example ``non-inferior to both levels on medication safety``."""
    return f"{claim} to {' and '.join(LEVELS)} on {DIMENSION_LABELS[dimension].lower()}"


def boundary(design: Design, claim: str) -> Design | None:
    """The design with every true difference at the edge of a claim; None where the scale has no room."""
    sign = {SUPERIOR: 0.0, EQUIVALENT: 1.0}.get(claim, -1.0)
    at_edge = {d: dict.fromkeys(LEVELS, sign * margin) for d, margin in design.margins.items()}
    moved = dataclasses.replace(design, differences=at_edge)
    try:
        for dimension in at_edge:
            latent_means(moved, dimension)
    except OutOfReachError:
        return None
    return moved


def curve_points(design: Design) -> Iterator[Point]:
    """The designs of the curve, axis by axis."""
    for raters in design.curve.raters:
        yield Point("raters", raters, resized(design, raters=raters))
    for vignettes in design.curve.vignettes:
        yield Point("vignettes", vignettes, resized(design, vignettes=vignettes))
    for value in design.curve.true_difference:
        yield Point("true_difference", value, with_difference(design, value))


def _level_shares(tally: Tally, claim: str, dimension: str, lead: str) -> Share:
    """The largest share of rejections against one level alone, which bounds the share against all."""
    what = "upper" if claim == EQUIVALENT else claim
    counts = [tally[f"contrast|{lead}|{level}|{dimension}|{what}"] for level in LEVELS]
    return share(max(counts), tally[STUDIES])


def claim_records(design: Design, main: Tally, nulls: Mapping[str, Tally]) -> list[Record]:
    """One record per claim: power in the tree and alone, and the type-I error at the claim's edge."""
    plan = design.plan()
    records = []
    for claim, dimension in claims_of(plan):
        null = nulls.get(claim)
        records.append(
            {
                "claim": claim,
                "dimension": dimension,
                "label": claim_label(claim, dimension),
                "holds": is_true(design, claim, dimension),
                "in_tree": share(main[f"tree|{claim}|{dimension}"], main[STUDIES]).record(),
                "alone": share(main[f"alone|{claim}|{dimension}"], main[STUDIES]).record(),
                "type_1": None
                if null is None
                else share(null[f"alone|{claim}|{dimension}"], null[STUDIES]).record(),
                "type_1_one_level": None
                if null is None
                else _level_shares(null, claim, dimension, plan.lead_model).record(),
            }
        )
    return records


def tree_record(main: Tally, nulls: Mapping[str, Tally]) -> Record:
    """The whole tree: everything rejected, any false claim here, and any false claim at each edge."""
    return {
        "everything": share(main["tree|all"], main[STUDIES]).record(),
        "any_false": share(main["false|any"], main[STUDIES]).record(),
        "any_false_at_edge": {
            claim: share(tally["false|any"], tally[STUDIES]).record() for claim, tally in nulls.items()
        },
        "narrow_equivalent": share(main["narrow|equivalent"], main[STUDIES]).record(),
    }


def contrast_records(design: Design, main: Tally) -> list[Record]:
    """One record per model, level and dimension: single-contrast power, coverage, mean SE and df."""
    plan = design.plan()
    records = []
    for model in plan.models:
        for dimension in plan.dimensions:
            for level in plan.levels:
                own = {key: main[f"contrast|{model}|{level}|{dimension}|{key}"] for key in CONTRAST_KEYS}
                known = own["estimable"]
                means = {k: own[k] / known if known else None for k in ("estimate", "se", "df")}
                shares = {k: share(own[k], main[STUDIES]).record() for k in ("covered", *CONTRAST_CLAIMS)}
                truth = design.differences[dimension][level]
                place = {"model": model, "level": level, "dimension": dimension, "true": truth}
                records.append({**place, "estimable": int(known), **means, **shares})
    return records


CONTRAST_CLAIMS = (SUPERIOR, "non-inferior", "upper")
CONTRAST_KEYS = ("estimable", "covered", *CONTRAST_CLAIMS, "estimate", "se", "df")


def _curve_record(point: Point, tally: Tally) -> Record:
    claims = claims_of(point.design.plan())
    return {
        "axis": point.axis,
        "value": point.value,
        "studies": int(tally[STUDIES]),
        "claims": [
            {"claim": c, "dimension": d, **share(tally[f"alone|{c}|{d}"], tally[STUDIES]).record()}
            for c, d in claims
        ],
    }


def _edges(design: Design) -> dict[str, tuple[Design, int]]:
    studies = design.studies if design.complete else min(design.studies, NULL_STUDIES_INCOMPLETE)
    moved = {step: boundary(design, step) for step in ("non-inferior", SUPERIOR, EQUIVALENT)}
    return {claim: (edge, studies) for claim, edge in moved.items() if edge is not None}


def faults_of(design: Design) -> list[str]:
    """Reasons why a study of this design may not carry a claim word, whatever its power."""
    plan = design.plan()
    judged, people = design.raters_per_response, design.residents_per_level
    found = [
        design_faults(plan, raters=design.raters, raters_per_response=judged, residents=people, level=level)
        for level in LEVELS
    ]
    return list(dict.fromkeys(fault for faults in found for fault in faults))


def simulate_power(design: Design, mapper: Map, seen: Seen) -> Record:
    """Everything that the planner prints about a design, in plain JSON types.

    Parameters
    ----------
    design : Design
    mapper : callable
        As the built-in ``map``; see `analysis.power.blocks.run_designs`.
    seen : callable
        Told the number of studies done and the total.
    """
    started = time.perf_counter()
    edges, points = _edges(design), list(curve_points(design))
    wanted = [(design, design.studies), *edges.values()]
    tallies = _run(wanted + [(point.design, design.curve.studies) for point in points], mapper, seen)
    main, rest = tallies[0], tallies[1:]
    nulls = dict(zip(edges, rest, strict=False))
    tried = sizes_to_try(design, main)
    grown = _run([(larger, TRIED_STUDIES) for larger in tried], mapper, seen)
    seconds = time.perf_counter() - started
    simulated = sum(int(tally[STUDIES]) for tally in (*tallies, *grown))
    curve = [_curve_record(point, t) for point, t in zip(points, rest[len(edges) :], strict=True)]
    return {
        "design": as_mapping(design),
        "engine": ENGINES[design.complete],
        "studies": design.studies,
        "simulated": simulated,
        "seconds": round(seconds, 3),
        "rate": round(simulated / seconds, 2),
        "claims": claim_records(design, main, nulls),
        "tree": tree_record(main, nulls),
        "contrasts": contrast_records(design, main),
        "curve": curve,
        "advice": advice(design, main, list(zip(tried, grown, strict=True))),
        "faults": faults_of(design),
    }


def _run(designs: Sequence[tuple[Design, int]], mapper: Map, seen: Seen) -> list[Tally]:
    return list(run_designs(designs, mapper, seen))
