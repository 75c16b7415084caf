"""Mixed models of a whole study: each outcome of the table as the score of one model."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from analysis.mixed.contrasts import contrast_test
from analysis.mixed.linear import fit_linear_mixed
from tests.reference.adapters import mixed_models
from tests.reference.adapters.golden_table import Study
from tests.reference.adapters.ordinal_formula import labels, parse_call
from tests.reference.cases import Case


@dataclass(frozen=True)
class OutcomeCase(Case):
    """The results of one outcome, without its prefix, with the rows that have a score of it."""

    rows: pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:  # type: ignore[override]  # the rows take the place of the file
        """The rated rows."""
        return self.rows


def outcome_case(case: Case, study: Study, outcome: str) -> OutcomeCase:
    """The part of a case that is about one outcome."""
    prefix = f"{outcome}."
    results = [
        {**record, "key": key.removeprefix(prefix)}
        for key, record in case.expected.items()
        if key.startswith(prefix)
    ]
    return OutcomeCase(case.path, {**case.content, "results": results}, study.rated(outcome))


def fixed_responders(study: Study, outcome: str, call: str) -> dict[str, Any]:
    """Means of the responders as fixed effects, and the difference of the arms' mean responders."""
    rows = study.rated(outcome)
    x = pd.DataFrame({name: (rows["responder"] == name).astype(float) for name in study.responders})
    factors = {effect: labels(rows, effect) for effect in parse_call(call).random}
    fit = fit_linear_mixed(rows["score"], x, factors)
    arms = [study.arm_of[name] for name in study.responders]
    sign = dict(zip(study.sides, (1, -1), strict=True))
    weights = [sign.get(arm, 0) / arms.count(arm) for arm in arms]
    test = contrast_test(fit, weights, degrees="Satterthwaite")
    numbers = {"estimate": test.estimate, "se": test.se, "df": test.df, "t": test.t, "p": test.p}
    return {
        "emmeans": dict(zip(fit.names, fit.beta, strict=True)),
        "arm_contrast": {**numbers, "ci95": test.interval},
    }


def model_answers(case: Case, study: Study) -> dict[str, Callable[[], Any]]:
    """Thunks of the keys of mixed models, by their whole key."""
    found: dict[str, Callable[[], Any]] = {}
    for outcome in study.outcomes:
        part = outcome_case(case, study, outcome)
        found |= {f"{outcome}.{key}": answer for key, answer in mixed_models.answers(part).items()}
        key = f"{outcome}.lmer_fixed_responder"
        if key in case.expected:
            found[key] = partial(fixed_responders, study, outcome, study.calls[key])
    return found
