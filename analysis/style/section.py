"""Style as the report tells it: figures by arm, where models differ from residents, what a machine can tell.

Measured are the responses of every arm to the original vignettes, in the primary draw, that were sealed.

References
----------
Hedges LV (1981). Distribution theory for Glass's estimator of effect size and related estimators. Journal of
Educational Statistics 6:107-128. doi:10.3102/10769986006002107
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.dataset import Arm, Dataset
from analysis.differences import primary_responses
from analysis.estimate import Array
from analysis.plan import Plan
from analysis.style.attacker import Attack, Names, attack, refusal
from analysis.style.metrics import LABELS, METRICS, style_metrics
from analysis.style.texts import SCOPES, Texts
from analysis.style.wording import hashed_runs, principal_scores, weighted

Record = dict[str, Any]
STREAM = 6
MOST_DRAWS = 999
FIGURES, WORDING = "figures", "wording"
MACHINES = {FIGURES: "figures of style", WORDING: "runs of three characters"}
BLINDED = "the arms are not released"
NO_TEXTS = "the dataset holds no texts"


@dataclass(frozen=True)
class Measured:
    """One place per response.

    Attributes
    ----------
    arms, vignettes : ndarray of str, shape (responses,)
    figures : dict of str to ndarray, shape (responses, metrics)
        Of the texts as written and as sealed.
    runs : dict of str to ndarray of int, shape (responses, buckets)
    """

    arms: Names
    vignettes: Names
    figures: dict[str, Array]
    runs: dict[str, NDArray[np.int64]]


def measured(dataset: Dataset, plan: Plan) -> Measured:
    """Every response that has texts, measured both ways."""
    rows = primary_responses(dataset, plan)
    rows = rows[rows["response"].isin(list(dataset.texts))].sort_values(["vignette", "response"])
    texts: list[Texts] = [dataset.texts[name] for name in rows["response"]]
    both = {scope: [str(getattr(each, scope)) for each in texts] for scope in SCOPES}
    return Measured(
        rows["arm"].to_numpy(str),
        rows["vignette"].to_numpy(str),
        {scope: _figures(own) for scope, own in both.items()},
        {scope: np.array([hashed_runs(text) for text in own]) for scope, own in both.items()},
    )


def _figures(texts: Sequence[str]) -> Array:
    table = [astuple(style_metrics(text)) for text in texts]
    return np.array(table, float).reshape(len(texts), len(METRICS))


def _summary(values: Array) -> Record:
    known = values[np.isfinite(values)]
    return {
        "n": len(known),
        "mean": float(known.mean()) if len(known) else None,
        "sd": float(known.std(ddof=1)) if len(known) > 1 else None,
    }


def _arm_record(found: Measured, arm: Arm) -> Record:
    own = found.arms == arm.code
    figures = [
        {"metric": name, **{scope: _summary(found.figures[scope][own, place]) for scope in SCOPES}}
        for place, name in enumerate(METRICS)
    ]
    return {"arm": arm.code, "label": arm.title, "responses": int(own.sum()), "figures": figures}


def standardised_difference(first: Array, second: Array) -> float:
    """Hedges' g: mean difference over the pooled SD, corrected for small samples; missing values left out.

    Where neither side varies it is 0 for equal means and infinite for others; NaN for a side of fewer than 2.
    """
    first, second = first[np.isfinite(first)], second[np.isfinite(second)]
    df = len(first) + len(second) - 2
    if min(len(first), len(second)) < 2:
        return math.nan
    gap = float(first.mean() - second.mean())
    pooled = math.sqrt(
        float(((first - first.mean()) ** 2).sum() + ((second - second.mean()) ** 2).sum()) / df
    )
    if pooled <= 1e-12 * max(abs(float(first.mean())), 1.0):
        return 0.0 if abs(gap) <= 1e-12 else math.copysign(math.inf, gap)
    return gap / pooled * (1 - 3 / (4 * df - 1))


def _differences(found: Measured, own: NDArray[np.bool_], residents: NDArray[np.bool_]) -> list[Record]:
    records = []
    for place, name in enumerate(METRICS):
        values = {
            scope: standardised_difference(figures[own, place], figures[residents, place])
            for scope, figures in found.figures.items()
        }
        apart = [scope for scope, value in values.items() if math.isinf(value)]
        plain = {scope: value if math.isfinite(value) else None for scope, value in values.items()}
        records.append({"metric": name, **plain, "apart": apart})
    return records


def _attacks(
    found: Measured, own: NDArray[np.bool_], residents: NDArray[np.bool_], plan: Plan, place: int
) -> list[Record]:
    """Both machines on the texts as written and as sealed."""
    kept = own | residents
    models, vignettes = own[kept], found.vignettes[kept]
    records = []
    for i, scope in enumerate(SCOPES):
        for j, machine in enumerate(MACHINES):
            features = np.zeros((len(models), 0))
            if not refusal(models, vignettes):
                features = _features(found, scope, machine, kept)
            result: Attack = attack(
                features,
                models,
                vignettes,
                standardise=machine == FIGURES,
                rng=np.random.default_rng([plan.bootstrap.seed, STREAM, place, i, j]),
                draws=min(plan.bootstrap.draws, MOST_DRAWS),
                confidence=plan.confidence,
            )
            records.append({"machine": machine, "text": scope, **asdict(result)})
    return records


def _features(found: Measured, scope: str, machine: str, kept: NDArray[np.bool_]) -> Array:
    if machine == FIGURES:
        return found.figures[scope][kept]
    return principal_scores(weighted(found.runs[scope][kept].astype(float)))


def _contrasts(dataset: Dataset, plan: Plan, found: Measured) -> list[Record]:
    """Each model against the residents of all levels, and all models together if there are several."""
    residents = np.isin(found.arms, [arm.code for arm in dataset.arms if arm.kind == "resident"])
    models = [arm for arm in dataset.arms if arm.kind == "model"]
    sides = [(arm.name, arm.title, [arm.code]) for arm in models]
    if len(models) > 1:
        sides.append(("", "all models", [arm.code for arm in models]))
    records = []
    for place, (name, label, codes) in enumerate(sides):
        own = np.isin(found.arms, codes)
        records.append(
            {
                "model": name,
                "label": label,
                "differences": _differences(found, own, residents),
                "attacks": _attacks(found, own, residents, plan, place),
            }
        )
    return records


def style_section(dataset: Dataset, plan: Plan) -> Record:
    """Style by arm, and how well a machine tells models' responses from residents' by it.

    Returns
    -------
    dict
        ``reason`` (empty, or why there is nothing), ``confidence``, ``metrics`` [{metric, label}], ``arms``
        [{arm, label, responses, figures [{metric, written {n, mean, sd}, sealed {...}}]}], ``contrasts``
        [{model ("" for all models), label, differences [{metric, written, sealed, apart}], attacks
        [{machine, text, ...}]}]. Differences are Hedges' g, `apart` names the texts in which it is infinite.
        Attacks have the fields of `analysis.style.attacker.Attack`, by the machine (figures or wording) and
        the text (written or sealed) that it was trained on. No figure bears on a claim word.
    """
    reason = "" if dataset.unblinded and dataset.texts else NO_TEXTS if dataset.unblinded else BLINDED
    head: Record = {
        "reason": reason,
        "confidence": plan.confidence,
        "metrics": [{"metric": name, "label": LABELS[name]} for name in METRICS],
    }
    if reason:
        return {**head, "arms": [], "contrasts": []}
    found = measured(dataset, plan)
    return {
        **head,
        "arms": [_arm_record(found, arm) for arm in dataset.arms],
        "contrasts": _contrasts(dataset, plan, found),
    }
