"""Read and write the design file of a power simulation (YAML or JSON)."""

from collections.abc import Mapping
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

from analysis.checking import (
    PlanError,
    at,
    between,
    choice_at,
    integer_at,
    mapping_at,
    margin_at,
    number_at,
)
from analysis.plan import EQUIVALENCE_ALPHAS
from analysis.plan_text import text_of, value_of
from analysis.power.design import CUT_POINTS, MEANS, Curve, Design, Deviations, resized, with_difference
from analysis.power.scale import OutOfReachError, Scale, latent_means
from analysis.schema import DIMENSIONS, LEVELS

SOURCES = ("kind", "arm")
MOST_STUDIES = 1_000_000
LONGEST_AXIS = 50
TEMPLATE = """\
# Design of a simulated study. Every key must be there.
vignettes: 30
residents_per_level: 15
vignettes_per_resident: 2        # times residents_per_level: at least the vignettes
models: 2                        # the first one leads: the tree is about it
raters: 4
raters_per_response: 4           # fewer than raters: an incomplete design, analysed by REML, much slower
# Standard deviations on the latent scale, in points, of independent normal effects.
standard_deviations:
  vignette: 0.5
  response: 0.5                  # of each response; the residual is each rater's own reading of it
  resident: 0.3                  # of each resident; a model is fixed and has none
  rater: 0.4
  rater_source: 0.2              # each rater's leaning for a source, which no vignette averages out
  residual: 0.7
source: kind                     # kind: leanings for residents or for models; arm: for each level and model
correlation: 0.0                 # of every effect between the dimensions, 0 to 1
scale:
  mean: mid                      # latent mean of the first level: mid (3.0), ceiling (4.2) or a number
  cut_points: [1.5, 2.5, 3.5, 4.5]
# Mean of model minus resident in points of the 1-5 scale: one number, or by dimension, and there by level.
true_differences:
  medical_correctness: 0.0
  medication_safety: 0.0
  guideline_consistency: 0.3
  clinical_usefulness: {PGY1: 0.4, PGY2: 0.3}
missing: 0.0                     # share of the scores missing at random; above 0: REML, much slower
margins: 0.5                     # one number or by dimension
equivalence_alpha: 0.025         # 0.025: 95 % interval; 0.05: 90 % interval
studies: 1000
seed: 20260
# Power along each axis, the rest as above; an empty list leaves the axis out. More vignettes: the residents
# stay and answer more each.
curve:
  raters: [3, 4, 6, 8, 12]
  vignettes: [30, 60, 90]
  true_difference: [-0.5, -0.25, 0, 0.25, 0.5, 0.75]
  studies: 1000
"""


def _deviation(value: object, path: str) -> float:
    return between(value, path, 0, 10, closed=True)


def _deviations(value: object, path: str) -> Deviations:
    names = tuple(Deviations.__dataclass_fields__)
    raw = mapping_at(value, path, names)
    return Deviations(**{name: _deviation(raw[name], at(path, name)) for name in names})


def _scale(value: object, path: str) -> Scale:
    raw = mapping_at(value, path, ("mean", "cut_points"))
    mean, cuts = raw["mean"], raw["cut_points"]
    if isinstance(mean, str):
        mean = MEANS[choice_at(mean, at(path, "mean"), tuple(MEANS))]
    where = at(path, "cut_points")
    if not isinstance(cuts, list) or len(cuts) != len(CUT_POINTS):
        raise PlanError(where, f"must be a list of {len(CUT_POINTS)} numbers")
    points = tuple(number_at(cut, f"{where}[{i}]") for i, cut in enumerate(cuts))
    if any(b <= a for a, b in pairwise(points)):
        raise PlanError(where, "must increase")
    return Scale(number_at(mean, at(path, "mean")), points)


def _by_level(value: object, path: str) -> dict[str, float]:
    if isinstance(value, Mapping):
        raw = mapping_at(value, path, LEVELS)
        return {level: between(raw[level], at(path, level), -4, 4) for level in LEVELS}
    return dict.fromkeys(LEVELS, between(value, path, -4, 4))


def _by_dimension(value: object, path: str) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return mapping_at(value, path, DIMENSIONS)
    return dict.fromkeys(DIMENSIONS, value)


def _axis(value: object, path: str) -> list[object]:
    if not isinstance(value, list) or len(value) > LONGEST_AXIS:
        raise PlanError(path, f"must be a list of at most {LONGEST_AXIS} values, which may be empty")
    return value


def _curve(value: object, path: str) -> Curve:
    raw = mapping_at(value, path, tuple(Curve.__dataclass_fields__))
    axes = {name: _axis(raw[name], at(path, name)) for name in ("raters", "vignettes", "true_difference")}
    counts = {
        name: tuple(
            integer_at(entry, f"{path}.{name}[{i}]", low, 10_000) for i, entry in enumerate(axes[name])
        )
        for name, low in (("raters", 2), ("vignettes", 2))
    }
    shifts = tuple(
        between(entry, f"{path}.true_difference[{i}]", -4, 4)
        for i, entry in enumerate(axes["true_difference"])
    )
    studies = integer_at(raw["studies"], at(path, "studies"), 1, MOST_STUDIES)
    return Curve(counts["raters"], counts["vignettes"], shifts, studies)


def _equivalence_alpha(value: object, path: str) -> float:
    number = number_at(value, path)
    if number not in EQUIVALENCE_ALPHAS:
        raise PlanError(path, "must be 0.025 (the 95 % interval) or 0.05 (the 90 % interval)")
    return number


KEYS = (
    *("vignettes", "residents_per_level", "vignettes_per_resident", "models", "raters"),
    *("raters_per_response", "standard_deviations", "source", "correlation", "scale", "true_differences"),
    *("missing", "margins", "equivalence_alpha", "studies", "seed", "curve"),
)


def _sizes(raw: Mapping[str, object]) -> dict[str, int]:
    sizes = {
        "vignettes": integer_at(raw["vignettes"], "vignettes", 2, 10_000),
        "residents_per_level": integer_at(raw["residents_per_level"], "residents_per_level", 1, 10_000),
        "models": integer_at(raw["models"], "models", 1, 100),
        "raters": integer_at(raw["raters"], "raters", 1, 10_000),
    }
    most = sizes["vignettes"]
    each = integer_at(raw["vignettes_per_resident"], "vignettes_per_resident", 1, most)
    if sizes["residents_per_level"] * each < most:
        raise PlanError(
            "vignettes_per_resident", f"{each} for each resident leaves some of {most} vignettes unanswered"
        )
    judged = integer_at(raw["raters_per_response"], "raters_per_response", 1, sizes["raters"])
    return {**sizes, "vignettes_per_resident": each, "raters_per_response": judged}


def design_from(value: object) -> Design:
    """A checked design from the mapping of its file; errors as `parse_design`."""
    raw = mapping_at(value, "", KEYS)
    shifts = _by_dimension(raw["true_differences"], "true_differences")
    margins = _by_dimension(raw["margins"], "margins")
    design = Design(
        **_sizes(raw),
        deviations=_deviations(raw["standard_deviations"], "standard_deviations"),
        source=choice_at(raw["source"], "source", SOURCES),
        correlation=between(raw["correlation"], "correlation", 0, 1, closed=True),
        scale=_scale(raw["scale"], "scale"),
        differences={d: _by_level(shifts[d], at("true_differences", d)) for d in DIMENSIONS},
        missing=between(raw["missing"], "missing", 0, 0.9, closed=True),
        margins={d: margin_at(margins[d], at("margins", d)) for d in DIMENSIONS},
        equivalence_alpha=_equivalence_alpha(raw["equivalence_alpha"], "equivalence_alpha"),
        studies=integer_at(raw["studies"], "studies", 1, MOST_STUDIES),
        seed=integer_at(raw["seed"], "seed", 0, 2**63 - 1),
        curve=_curve(raw["curve"], "curve"),
    )
    _check_reach(design)
    return design


def _check_reach(design: Design) -> None:
    for dimension in DIMENSIONS:
        try:
            latent_means(design, dimension)
        except OutOfReachError as error:
            raise PlanError(at("true_differences", dimension), str(error)) from error
    for i, size in enumerate(design.curve.vignettes):
        try:
            resized(design, vignettes=size)
        except ValueError as error:
            raise PlanError(f"curve.vignettes[{i}]", str(error)) from error
    for i, value in enumerate(design.curve.true_difference):
        try:
            latent_means(with_difference(design, value), DIMENSIONS[0])
        except OutOfReachError as error:
            raise PlanError(f"curve.true_difference[{i}]", str(error)) from error


def parse_design(text: str) -> Design:
    """Read a design from YAML or JSON text.

    Raises
    ------
    PlanError
        Naming the dotted path of the offending key; unknown, missing and repeated keys are refused.
    """
    return design_from(value_of(text))


def load_design(path: Path) -> Design:
    """Read a design from a UTF-8 file; errors as `parse_design`."""
    return parse_design(text_of(path))


def as_mapping(design: Design) -> dict[str, object]:
    """The design in the form of its file, in plain JSON types; `design_from` reads it back equal."""
    fields = asdict(design)
    renamed = {"deviations": "standard_deviations", "differences": "true_differences"}
    mapping: dict[str, object] = {renamed.get(name, name): value for name, value in fields.items()}
    mapping["scale"] = {"mean": design.scale.mean, "cut_points": list(design.scale.cut_points)}
    mapping["curve"] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in fields["curve"].items()
    }
    return mapping
