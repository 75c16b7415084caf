"""The design that a file of ratings shows: what is crossed with what, what is missing, what is wrong."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.quick.options import Options
from analysis.quick.ratings import Arm, Ratings

Record = dict[str, Any]
CROSSED = "fully crossed"
PARTIAL = "partly crossed"
SINGLE = "one rater per cell"
NAMED = 5
LISTED_ARMS = 12


def plural(n: int, noun: str) -> str:
    """A count with its noun."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def named(names: list[str], total: int = 0) -> str:
    """A few names, and how many more there are of `total` (or of the names given)."""
    more = max(total, len(names)) - len(names[:NAMED])
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more else "")


def _judged(ratings: Ratings) -> pd.DataFrame:
    return ratings.frame[ratings.frame["score"].notna()]


def _raters_per_response(judged: pd.DataFrame) -> np.ndarray:
    return judged.groupby(["dimension", "response"]).size().to_numpy()


def rating_design(ratings: Ratings) -> Record:
    """How raters meet responses, over all dimensions."""
    judged = _judged(ratings)
    frame = ratings.frame
    responses, raters = frame["response"].nunique(), frame["rater"].nunique()
    expected = responses * raters * len(ratings.dimensions)
    per = _raters_per_response(judged) if len(judged) else np.zeros(1)
    full = expected - len(frame)
    if len(judged) and per.max() == 1:
        kind = SINGLE
    elif full == 0:
        kind = CROSSED
    else:
        kind = PARTIAL
    return {
        "kind": kind,
        "responses": responses,
        "cells_if_crossed": expected,
        "cells": len(frame),
        "absent": full,
        "blank": ratings.blank,
        "raters_per_response": {
            "least": int(per.min()),
            "median": float(np.median(per)),
            "most": int(per.max()),
        },
    }


def _arm_record(ratings: Ratings, arm: Arm) -> Record:
    """How the responders of one arm share its vignettes."""
    rows = ratings.frame.loc[ratings.frame["arm"] == arm.name, ["responder", "vignette"]].drop_duplicates()
    vignettes = int(rows["vignette"].nunique())
    per_vignette = rows.groupby("vignette").size()
    if len(arm.responders) == 1:
        sharing = "one responder answers everything"
    elif len(rows) == vignettes * len(arm.responders):
        sharing = "every responder answers every vignette"
    elif per_vignette.max() == 1:
        sharing = "every vignette is answered by one responder"
    else:
        sharing = "responders share some vignettes"
    names = [ratings.names["responder"][code] for code in arm.responders]
    return {
        "arm": arm.name,
        "responders": len(arm.responders),
        "responder_names": sorted(names)[:NAMED],
        "vignettes": vignettes,
        "responses": len(rows),
        "sharing": sharing,
    }


def constant_raters(ratings: Ratings) -> list[Record]:
    """Raters who gave one score throughout a dimension, at least three times."""
    judged = _judged(ratings)
    grouped = judged.groupby(["dimension", "rater"], sort=True)["score"]
    spread = grouped.agg(["min", "max", "size"]).reset_index()
    flat = spread[(spread["min"] == spread["max"]) & (spread["size"] >= 3)]
    return [
        {
            "dimension": str(row["dimension"]),
            "rater": ratings.names["rater"][str(row["rater"])],
            "score": float(row["min"]),
            "n": int(row["size"]),
        }
        for row in flat.to_dict("records")
    ]


def silent_raters(ratings: Ratings) -> list[str]:
    """Raters all of whose scores are blank."""
    heard = set(_judged(ratings)["rater"])
    return [name for code, name in sorted(ratings.names["rater"].items()) if code not in heard]


def _shared_responders(ratings: Ratings) -> list[str]:
    """Names of responders that appear in more than one arm."""
    names = [ratings.names["responder"][code] for arm in ratings.arms for code in arm.responders]
    return sorted({name for name in names if names.count(name) > 1}) if len(names) < 5000 else []


def describe_design(ratings: Ratings, options: Options) -> Record:
    """Everything that the file shows of the design.

    Parameters
    ----------
    ratings : Ratings
    options : Options

    Returns
    -------
    dict
        Counts, the arms, how raters and responders are crossed, and what is wrong or missing.
    """
    return {
        "rows": ratings.rows,
        "dimensions": list(ratings.dimensions),
        "vignettes": len(ratings.names["vignette"]),
        "responders": len(ratings.names["responder"]),
        "raters": len(ratings.names["rater"]),
        "repeated_rows": ratings.repeats,
        "paired_scores": options.paired,
        "arms": [_arm_record(ratings, arm) for arm in ratings.arms],
        "ratings": rating_design(ratings),
        "constant_raters": constant_raters(ratings),
        "silent_raters": silent_raters(ratings),
        "responders_in_several_arms": _shared_responders(ratings),
    }


def _crossing(record: Record) -> str:
    rated = record["ratings"]
    per = rated["raters_per_response"]
    if rated["kind"] == CROSSED:
        return "Fully crossed: every rater has a row for every response on every dimension."
    if rated["kind"] == SINGLE:
        return "Not crossed: one rater per cell, so nothing shows how far raters agree."
    return (
        f"Not fully crossed: {rated['cells']} of {rated['cells_if_crossed']} possible cells are there; "
        f"raters per response {per['least']} to {per['most']}, median {per['median']:g}."
    )


def _arm_sentence(arm: Record) -> str:
    people = plural(arm["responders"], "responder")
    who = named(arm["responder_names"], arm["responders"])
    return f"Arm {arm['arm']}: {people} ({who}), {plural(arm['vignettes'], 'vignette')}; {arm['sharing']}."


def design_sentences(record: Record) -> list[str]:
    """The design in words, one statement each."""
    counted = [plural(record[f"{noun}s"], noun) for noun in ("vignette", "responder", "rater")]
    sizes = [*counted, plural(len(record["arms"]), "arm"), plural(len(record["dimensions"]), "dimension")]
    lines = [
        f"{plural(record['rows'], 'row')}: {', '.join(sizes)}.",
        _crossing(record),
        *[_arm_sentence(arm) for arm in record["arms"][:LISTED_ARMS]],
        *([f"and {more} more arms."] if (more := len(record["arms"]) - LISTED_ARMS) > 0 else []),
        f"Blank scores: {record['ratings']['blank']}.",
    ]
    if record["repeated_rows"]:
        lines.append(f"{record['repeated_rows']} rows of later occasions are left out of the comparisons.")
    flat = record["constant_raters"]
    lines.append(f"Raters who gave one score throughout: {named(_flat(flat)) if flat else 'none'}.")
    if record["silent_raters"]:
        lines.append(f"Raters without a single score: {named(record['silent_raters'])}.")
    both = record["responders_in_several_arms"]
    if both:
        lines.append(
            f"Responders in more than one arm: {named(both)}; they are compared across arms like different "
            "people."
        )
    return lines


def _flat(records: list[Record]) -> list[str]:
    return [f"{r['rater']} on {r['dimension']} (always {r['score']:g})" for r in records]
