"""The quick analysis of one file: every pair of arms on every dimension, and what stands beside it.

Form of the results (numbers rounded to 9 significant digits, None where not estimable)::

    format, file {name, sha256}, settings {...}, status, population, design {...}, design_sentences [...],
    comparisons [...], models [...], reliability [...], coding {...}, coding_sentences [...], notes [...],
    software {name: version}
"""

import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from analysis.canonical import plain
from analysis.differences import Differences
from analysis.quick import coding
from analysis.quick import options as setting
from analysis.quick.design import describe_design, design_sentences, plural
from analysis.quick.models import model_records, model_sentences
from analysis.quick.options import Options
from analysis.quick.pairs import Pair, differences_of, pairs_of
from analysis.quick.ratings import Ratings
from analysis.quick.record import comparison_record
from analysis.quick.reliability import consistency, reliability_records
from analysis.threads import one_thread

Record = dict[str, Any]
FORMAT = 1
STATUS = "exploratory: no plan was locked before these ratings were analysed"
SOFTWARE = ("numpy", "pandas", "scipy", "statsmodels")


def _settings(options: Options) -> Record:
    return {
        "scale": list(options.scale),
        "margin": options.margin,
        "margin_source": setting.MARGIN_NOTE if options.given_margin is None else "given by the user",
        "confidence": setting.CONFIDENCE,
        "equivalence_alpha": setting.EQUIVALENCE_ALPHA,
        "paired_scores": options.paired,
        "fixed_responders": options.fixed_responders,
        "occasion": options.occasion,
        "lead": options.lead,
        "reference": options.reference,
        "seed": options.seed,
        "draws": options.draws,
        "minimums": {
            "raters": setting.MINIMUM_RATERS,
            "raters_per_response": setting.MINIMUM_RATERS_PER_RESPONSE,
            "responders": setting.MINIMUM_RESPONDERS,
            "blocks": setting.MINIMUM_BLOCKS,
        },
    }


def _flip_record(
    column: str, pair: Pair, dimension: str, ratings: Ratings, differences: Differences
) -> Record | None:
    flips = coding.flips_of(ratings, column, differences, dimension)
    means = coding.flip_means(differences.value, flips)
    if means is None:
        return None
    turned = np.where(flips == 1, -differences.value, differences.value)
    return {
        "dimension": dimension,
        "title": pair.title,
        **means,
        "icc": consistency(differences, differences.value),
        "icc_turned": consistency(differences, turned),
    }


def coding_section(ratings: Ratings, options: Options) -> Record:
    """For each column of swaps: what the score has to do with it, and the means with and without turning."""
    columns = []
    for column in coding.flip_columns(ratings):
        means = []
        for dimension in ratings.dimensions:
            scores = ratings.frame[ratings.frame["dimension"] == dimension]
            for pair in pairs_of(ratings, options):
                differences = differences_of(pair, scores)
                record = _flip_record(column, pair, dimension, ratings, differences)
                means += [record] if record else []
        relation = coding.raw_relation(ratings, column) if options.paired else None
        columns.append({"column": column, "relation": relation, "means": means})
    return {"columns": columns}


def pairing_sentence(comparisons: Sequence[Record]) -> str:
    """How many pairs of answers and differences there are, and how many of them are 0."""
    used = [record for record in comparisons if record["beside"]]
    pairs = sum(record["n"]["pairs"] for record in used)
    differences = sum(record["n"]["differences"] for record in used)
    if not differences:
        return "There is no pair of answers that one rater scored on both sides."
    zero = sum(record["beside"]["zero_share"] * record["n"]["differences"] for record in used)
    return (
        f"Over all comparisons {plural(pairs, 'pair')} of answers gave {plural(differences, 'difference')}, "
        f"{100 * zero / differences:.0f} % of them 0."
    )


def analyse_ratings(ratings: Ratings, options: Options) -> Record:
    """All results of one file, in the form of this module's docstring."""
    with one_thread():
        design = describe_design(ratings, options)
        section = coding_section(ratings, options)
        models = model_records(ratings, options)
        pairs = pairs_of(ratings, options)
        fits = len(pairs) * len(ratings.dimensions)
        comparisons = [
            comparison_record(pair, dimension, ratings, fits, options)
            for dimension in ratings.dimensions
            for pair in pairs
        ]
        results: Record = {
            "format": FORMAT,
            "file": {"name": ratings.file, "sha256": ratings.sha256},
            "status": STATUS,
            "settings": _settings(options),
            "design": design,
            "design_sentences": [*design_sentences(design), pairing_sentence(comparisons)],
            "comparisons": comparisons,
            "models": models,
            "model_sentences": model_sentences(models),
            "reliability": reliability_records(ratings, options),
            "coding": section,
            "coding_sentences": coding.coding_sentences(section),
            "notes": [f"{plural(fits, 'comparison')}: secondary, not adjusted for their number."],
            "software": {"python": platform.python_version(), **{name: version(name) for name in SOFTWARE}},
        }
        rounded: Record = plain(results)
    return rounded
