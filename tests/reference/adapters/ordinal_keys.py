"""Answers of cumulative link models, with and without random effects."""

import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from analysis.ordinal.comparison import likelihood_ratio_test
from analysis.ordinal.fixed import CumulativeLinkFit, fit_cumulative_link
from analysis.ordinal.links import LINKS
from analysis.ordinal.mixed import CumulativeLinkMixedFit, fit_cumulative_link_mixed
from tests.reference.adapters.ordinal_formula import Call, design, labels, parse_call
from tests.reference.cases import Case

Fit = CumulativeLinkFit | CumulativeLinkMixedFit
_CALL = re.compile(r"\bclmm?2?\s*\(")
_STEM = re.compile(r"(?:^|\.)clmm?")
_OTHER_MODEL = re.compile(r"\b(?:nominal|scale)\s*=\s*~")


def _table(case: Case) -> pd.DataFrame:
    """The rows, with the rated text as the pair of its vignette and responder."""
    table = case.table.copy()
    if "response" not in table and {"vignette", "responder"} <= set(table.columns):
        table["response"] = table["vignette"].astype(str) + ":" + table["responder"].astype(str)
    return table


class _Models:
    """The models of one case, each fitted once."""

    def __init__(self, case: Case) -> None:
        self.case, self.table = case, _table(case)
        notes = case.content.get("notes") or ""
        self.notes = notes if isinstance(notes, str) else "; ".join(notes)
        self.fit = cache(self._fit)

    def _records(self, stem: str) -> list[dict[str, Any]]:
        """What the case says about a model."""
        expected = self.case.expected.items()
        return [record for key, record in expected if stem in (key, key.rpartition(".")[0])]

    def call(self, stem: str) -> Call:
        """The call of a model, from any of its keys that shows it."""
        siblings = self._records(stem)
        calls = [str(record["call"]) for record in siblings]
        text = next(text for text in calls if _CALL.search(text) and "~" in text)
        return parse_call(text[_CALL.search(text).start() :], [stem, *calls])  # type: ignore[union-attr]  # found

    def fits(self, stem: str) -> bool:
        """Whether the model is one of location and common thresholds with a link that is known."""
        try:
            call = self.call(stem)
        except (StopIteration, ValueError):
            return False
        calls = [str(record["call"]) for record in self._records(stem)]
        return call.link in LINKS and not any(map(_OTHER_MODEL.search, calls))

    def _categories(self, stem: str, scores: pd.Series) -> list[str] | None:
        """Categories that are texts in the order of the names of the thresholds."""
        if pd.api.types.is_numeric_dtype(scores):
            return None
        values = [record["value"] for record in self._records(stem)]
        named = [v.get("thresholds", v) for v in values if isinstance(v, dict)]
        pairs = [
            name.split("|") for value in named if isinstance(value, dict) for name in value if "|" in name
        ]
        order = list(dict.fromkeys([*(pair[0] for pair in pairs[:1]), *(pair[-1] for pair in pairs)]))
        return order if set(order) == set(scores) else None

    def _coefficients(self, stem: str) -> list[str]:
        """Names of the coefficients, where the case has them."""
        values = [record["value"] for record in self._records(stem)]
        named = [v.get("beta", v) for v in values if isinstance(v, dict)]
        return [name for value in named if isinstance(value, dict) for name in value]

    def _fit(self, stem: str, quadrature: int | None = None, without: str = "") -> Fit:
        call = self.call(stem)
        response = call.response if call.response in self.table else stem.split(".", maxsplit=1)[0]
        rows = self.table.dropna(subset=[response, *call.columns])
        if call.weights:
            rows = rows.loc[rows.index.repeat(rows[call.weights])]
        fixed = call.without(without) if without else call.fixed
        x, names = design(rows, fixed, self._coefficients(stem), self.notes)
        carriers = call.carriers
        factors = {
            effect: labels(rows, effect, carriers.get(effect, ""))
            for effect in call.random
            if effect != without
        }
        chosen: dict[str, Any] = {"link": call.link, "thresholds": call.thresholds, "x_names": names}
        chosen["categories"] = self._categories(stem, rows[response])
        if not factors:
            return fit_cumulative_link(rows[response], x, **chosen)
        nodes = call.quadrature if quadrature is None else quadrature
        return fit_cumulative_link_mixed(rows[response], x, factors, quadrature=nodes, **chosen)


def _thresholds(fit: Fit, values: str, parameters: str) -> dict[str, float]:
    """Thresholds by name, and the parameters of a restricted structure by theirs."""
    found = dict(zip(fit.structure.names, getattr(fit, parameters), strict=True))
    return found | dict(zip(fit.threshold_names, getattr(fit, values), strict=True))


def _by_name(fit: Fit, attribute: str) -> dict[str, float]:
    return dict(zip(fit.x_names, getattr(fit, attribute), strict=True))


def _modes(fit: CumulativeLinkMixedFit, attribute: str) -> dict[str, Any]:
    """Random effects by factor and level, and by level alone where there is one factor."""
    found = {
        name: dict(zip(own.levels, getattr(own, attribute), strict=True)) for name, own in fit.modes.items()
    }
    return found | (next(iter(found.values())) if len(found) == 1 else {})


def _whole(fit: Fit) -> dict[str, Any]:
    """A whole model in one value."""
    errors = _thresholds(fit, "threshold_se", "alpha_se") | _by_name(fit, "beta_se")
    return {
        "logLik": fit.log_likelihood,
        "thresholds": _thresholds(fit, "thresholds", "alpha"),
        "beta": _by_name(fit, "beta"),
        "se": errors,
    }


READERS: dict[str, Callable[[Any], Any]] = {
    "logLik": lambda fit: fit.log_likelihood,
    "AIC": lambda fit: 2 * fit.parameter_count - 2 * fit.log_likelihood,
    "beta": lambda fit: _by_name(fit, "beta"),
    "beta_se": lambda fit: _by_name(fit, "beta_se"),
    "beta_p": lambda fit: _by_name(fit, "beta_p"),
    "beta_z": lambda fit: dict(zip(fit.x_names, fit.beta / fit.beta_se, strict=True)),
    "odds_ratio": lambda fit: dict(zip(fit.x_names, np.exp(fit.beta), strict=True)),
    "thresholds": lambda fit: _thresholds(fit, "thresholds", "alpha"),
    "thresholds_se": lambda fit: _thresholds(fit, "threshold_se", "alpha_se"),
    "random_var": lambda fit: {name: sd**2 for name, sd in fit.sd.items()},
    "random_sd": lambda fit: dict(fit.sd),
    "ranef": lambda fit: _modes(fit, "modes"),
    "ranef_se": lambda fit: _modes(fit, "se"),
}


def _read(models: _Models, stem: str, reader: Callable[[Any], Any]) -> Any:
    return reader(models.fit(stem))


def _tight(models: _Models, stem: str, what: str, expected: Any) -> Any:
    """The Laplace fit in the form of the second source."""
    fit: Any = models.fit(stem, 1)
    if what == "tmb_random_sd":
        return dict(fit.sd)
    of_alpha = len(np.atleast_1d(expected["thresholds"])) != len(fit.thresholds)
    if what == "tmb_se":
        return {"beta": fit.beta_se, "thresholds": fit.alpha_se if of_alpha else fit.threshold_se}
    chosen = fit.alpha if of_alpha else fit.thresholds
    return {"logLik": fit.log_likelihood, "beta": fit.beta, "thresholds": chosen}


def _ratio(models: _Models, stem: str, term: str) -> dict[str, float]:
    test = likelihood_ratio_test(models.fit(stem, None, term), models.fit(stem))
    return {"chi2": test.statistic, "df": test.df, "p": test.p}


def ordinal_answers(case: Case) -> dict[str, Callable[[], Any]]:
    """Thunks of all keys of cumulative link models, alone or behind the name of a dimension."""
    models = _Models(case)
    found: dict[str, Callable[[], Any]] = {}
    for key, record in case.expected.items():
        stem, _, what = key.rpartition(".")
        if not _STEM.search(stem) or not (models.fits(stem) or models.fits(key)):
            continue
        if (
            isinstance(record["value"], dict)
            and _CALL.search(str(record["call"]))
            and "beta" in record["value"]
        ):
            # One key holds the whole model, so the key itself names it.
            found[key] = partial(_read, models, key, _whole)
        elif what in READERS:
            found[key] = partial(_read, models, stem, READERS[what])
        elif what in {"tmb", "tmb_se", "tmb_random_sd"}:
            found[key] = partial(_tight, models, stem, what, record["value"])
        elif what.startswith("lrt_"):
            found[key] = partial(_ratio, models, stem, what.removeprefix("lrt_"))
    return found
