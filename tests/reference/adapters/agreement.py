"""Agreement coefficients as the reference cases name them.

The helpers take a table of scores, so that another area with the same keys under a prefix can use them.
"""

import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from analysis.agreement.chance_corrected import chance_corrected_agreement
from analysis.agreement.concordance import kendall_w
from analysis.agreement.intraclass import FORMS, intraclass_correlations
from analysis.agreement.kappa import cohen_kappa, fleiss_kappa, pairwise_kappa
from analysis.agreement.krippendorff import krippendorff_alpha
from tests.reference.adapters.registry import Answers
from tests.reference.cases import Case

REASONS: dict[str, str] = {}
COEFFICIENTS = {
    "gwet_ac": "gwet",
    "fleiss": "fleiss",
    "conger": "conger",
    "brennan_prediger": "brennan_prediger",
    "krippendorff": "krippendorff",
    "percent": "percent",
}
WEIGHTS = ("unweighted", "linear", "quadratic", "ordinal")
METRICS = ("nominal", "ordinal", "interval", "ratio")
LABELS = re.compile(r"categ\.labels\s*=\s*(?:c\(([^)]*)\)|(-?\d+)\s*:\s*(-?\d+))")

Thunk = Callable[[], Any]


def stated_categories(text: str) -> np.ndarray | None:
    """The list of categories that a call or a note names; None where it names none."""
    found = LABELS.search(text)
    if found is None:
        return None
    listed, low, high = found.groups()
    if listed is None:
        return np.arange(int(low), int(high) + 1, dtype=float)
    parts = listed.split(",")
    # Categories given as text are their places; see `_as_numbers`.
    if any(quote in listed for quote in "'\""):
        return np.arange(1, len(parts) + 1, dtype=float)
    return np.array([float(part) for part in parts])


def used_categories(scores: np.ndarray) -> np.ndarray:
    """The categories that occur."""
    return np.unique(scores[np.isfinite(scores)])


def scale_of(scores: np.ndarray, stated: np.ndarray | None) -> np.ndarray:
    """The full scale: as stated, else every whole number between the lowest and the highest score."""
    if stated is not None:
        return stated
    used = used_categories(scores)
    if len(used) and (used == np.round(used)).all():
        return np.arange(used[0], used[-1] + 1)
    return used


def chance_corrected(
    scores: np.ndarray, categories: np.ndarray, coefficient: str, weights: str
) -> dict[str, Any]:
    """One coefficient in the names of the reference."""
    found = chance_corrected_agreement(scores, categories, COEFFICIENTS[coefficient], weights)
    interval = [None, None] if found.interval is None else list(found.interval)
    return {
        "coef": found.estimate,
        "se": found.se,
        "pa": found.observed,
        "pe": found.chance,
        "ci95": interval,
        "p": found.p,
        "n": found.items,
    }


def kappa(first: np.ndarray, second: np.ndarray, categories: np.ndarray, weights: str) -> dict[str, Any]:
    """Cohen's kappa in the names of the reference."""
    found = cohen_kappa(first, second, categories, weights)
    interval = [None, None] if found.interval is None else list(found.interval)
    return {
        "kappa": found.estimate,
        "se": found.se,
        "ci95": interval,
        "se_null": found.se_null,
        "z": found.statistic,
        "p": found.p,
        "n": found.n,
    }


def icc_answers(scores: np.ndarray) -> dict[str, Thunk]:
    """Keys of the intraclass correlations."""
    fit = cache(lambda: intraclass_correlations(scores))

    def form(name: str) -> dict[str, Any]:
        found = fit().forms[name]
        interval = [None, None] if found.interval is None else list(found.interval)
        names = {"F": found.statistic, "df1": found.df1, "df2": found.df2, "p": found.p}
        return {"icc": found.estimate, **names, "ci95": interval}

    answers: dict[str, Thunk] = {name: partial(form, name) for name in FORMS}
    return answers | {
        "ICC(2,k).ci95_shrout_fleiss": lambda: form("ICC(2,k)")["ci95"],
        "ICC(2,k).ci95_mcgraw_wong": lambda: list(fit().average_interval_mcgraw_wong or (None, None)),
        "icc.n_complete": lambda: fit().responses,
        "ICC.undefined": lambda: bool(fit().reason),
        "icc.undefined": lambda: bool(fit().reason),
    }


def concordance_answers(scores: np.ndarray) -> dict[str, Thunk]:
    """Keys of Kendall's W."""

    def w(correct_ties: bool) -> dict[str, Any]:
        found = kendall_w(scores, correct_ties=correct_ties)
        test = {"chi2": found.statistic, "df": found.df, "p": found.p}
        return {"W": found.estimate, **test, "n_items": found.items, "n_raters": found.raters}

    return {
        "kendall_W.tie_corrected": partial(w, True),
        "kendall_W.uncorrected": partial(w, False),
        "kendall_W.undefined": lambda: bool(kendall_w(scores).reason),
    }


def alpha_answers(scores: np.ndarray) -> dict[str, Thunk]:
    """Keys of Krippendorff's alpha."""
    answers: dict[str, Thunk] = {
        f"krippendorff_alpha.{metric}": partial(lambda m: krippendorff_alpha(scores, m).estimate, metric)
        for metric in METRICS
    }
    return answers | {"krippendorff_alpha.undefined": lambda: krippendorff_alpha(scores).estimate is None}


def kappa_answers(scores: np.ndarray, names: list[str], scale: np.ndarray) -> dict[str, Thunk]:
    """Keys of the kappas of two raters, of all pairs and of all raters together."""
    answers: dict[str, Thunk] = {}
    for weights in WEIGHTS:
        for i, first in enumerate(names):
            for j, second in enumerate(names):
                thunk = partial(kappa, scores[:, i], scores[:, j], scale, weights)
                answers[f"cohen_kappa.{weights}.{first}_{second}"] = thunk
        if len(names) == 2:
            answers[f"cohen_kappa.{weights}"] = answers[f"cohen_kappa.{weights}.{names[0]}_{names[1]}"]
        answers |= _pairwise_answers(scores, scale, weights)
    answers["fleiss_kappa.exact"] = partial(_fleiss_exact, scores, scale)
    return answers | {
        key: partial(_fleiss, scores, scale) for key in ("fleiss_kappa", "fleiss_kappa.complete_cases")
    }


def _pairwise_answers(scores: np.ndarray, scale: np.ndarray, weights: str) -> dict[str, Thunk]:
    fit = cache(lambda: pairwise_kappa(scores, scale, weights))
    return {
        f"mean_pairwise_{weights}_kappa": lambda: fit().mean,
        f"pairwise_{weights}_kappa": lambda: {
            "mean": fit().mean,
            "min": fit().minimum,
            "max": fit().maximum,
        },
    }


def _fleiss(scores: np.ndarray, scale: np.ndarray) -> dict[str, Any]:
    found = fleiss_kappa(scores, scale)
    return {"kappa": found.estimate, "z": found.statistic, "p": found.p}


def _fleiss_exact(scores: np.ndarray, scale: np.ndarray) -> dict[str, Any]:
    """Conger's coefficient over complete items, which is called the exact Fleiss kappa."""
    complete = scores[np.isfinite(scores).all(axis=1)]
    return {"kappa": chance_corrected_agreement(complete, scale, "conger").estimate}


def coefficient_answers(
    scores: np.ndarray, categories_of: Callable[[str], np.ndarray], prefix: str = ""
) -> dict[str, Thunk]:
    """Keys of the chance-corrected coefficients; `categories_of` gives the list of a key with its prefix."""
    answers: dict[str, Thunk] = {}
    for name in COEFFICIENTS:
        for weights in WEIGHTS:
            key = f"irrCAC.{name}.{weights}"
            answers[key] = lambda n=name, w=weights, k=prefix + key: chance_corrected(
                scores, categories_of(k), n, w
            )
    for weights in WEIGHTS:
        for own, source in ((f"own.gwet_ac2.{weights}", "gwet_ac"), (f"own.gwet_ac1.{weights}", "gwet_ac")):
            answers[own] = lambda key=f"irrCAC.{source}.{weights}": answers[key]()["coef"]
    return answers


def table_answers(scores: np.ndarray, names: list[str], case: Case, prefix: str = "") -> dict[str, Thunk]:
    """Every agreement key of one table of scores, shape (items, raters), without the prefix.

    The list of categories of a key is the one that its call states, else the categories that occur; kappas
    use the full scale that any call below the prefix or a note states.
    """

    def categories_of(key: str) -> np.ndarray:
        stated = stated_categories(str(case.expected.get(key, {}).get("call")))
        return used_categories(scores) if stated is None else stated

    texts = [str(record.get("call")) for key, record in case.expected.items() if key.startswith(prefix)]
    stated = next(
        (s for s in map(stated_categories, [*texts, str(case.content.get("notes"))]) if s is not None), None
    )
    return (
        coefficient_answers(scores, categories_of, prefix)
        | icc_answers(scores)
        | concordance_answers(scores)
        | alpha_answers(scores)
        | kappa_answers(scores, names, scale_of(scores, stated))
    )


def _is_counts(table: pd.DataFrame) -> bool:
    """Whether the rows count how many raters chose each category: equal sums, some of them without a zero."""
    values = table.to_numpy()
    if not np.issubdtype(values.dtype, np.number) or np.isnan(values.astype(float)).any() or len(table) < 3:
        return False
    sums = values.sum(axis=1)
    return bool((sums == sums[0]).all() and sums[0] > 1 and (values == 0).any() and (values >= 0).all())


def _from_counts(counts: np.ndarray) -> np.ndarray:
    """Scores that give these counts per row, lowest category first."""
    places = np.arange(1, counts.shape[1] + 1, dtype=float)
    return np.stack([np.repeat(places, row) for row in counts.astype(int)])


def _as_numbers(table: pd.DataFrame) -> np.ndarray:
    """Scores as numbers; categories given as text become their places in alphabetical order."""
    if all(map(is_numeric_dtype, table.dtypes)):
        return table.to_numpy(float)
    texts = table.to_numpy(object)
    given = pd.notna(texts)
    scores = np.full(texts.shape, np.nan)
    scores[given] = np.unique(texts[given].astype(str), return_inverse=True)[1] + 1
    return scores


def read_scores(case: Case) -> tuple[np.ndarray, list[str]]:
    """Scores of items by raters and the raters' names, from whichever form the table has."""
    table = case.table
    if {"row", "col", "n"} <= set(table.columns):
        cells = table.loc[table.index.repeat(table["n"].astype(int)), ["row", "col"]]
        return _as_numbers(cells), ["row", "col"]
    columns = table.iloc[:, 1:]
    if _is_counts(columns):
        scores = _from_counts(columns.to_numpy())
        return scores, [f"R{place}" for place in range(1, scores.shape[1] + 1)]
    return _as_numbers(columns), [str(name) for name in columns.columns]


def answers(case: Case) -> Answers:
    """Every agreement key of a case."""
    scores, names = read_scores(case)
    return table_answers(scores, names, case)
