"""Linear mixed models by the R calls of a case; cumulative link models are answered beside them."""

import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import pandas as pd

from analysis.mixed.contrasts import ContrastTest, Degrees, coefficient_tests, likelihood_ratio_test
from analysis.mixed.linear import RESIDUAL, LinearMixedFit, Method, fit_linear_mixed
from tests.reference.adapters import ordinal_keys
from tests.reference.adapters.ordinal_formula import Call, design, labels, parse_call
from tests.reference.cases import Case

_CALL = re.compile(r"\bb?lmer\s*\(")
_KEY = re.compile(r"((?:[^.]+\.)?lmer[^.]*)\.(.+)")
_DERIVED = re.compile(r"\b(\w+)\s*=\s*(\w+(?::\w+)+)")
INTERCEPT = "(Intercept)"
REASONS: dict[str, str] = {}


def _notes(case: Case) -> str:
    notes = case.content.get("notes") or ""
    return notes if isinstance(notes, str) else "; ".join(notes)


def _table(case: Case) -> pd.DataFrame:
    """The rows, with the columns that the notes define as combinations of others."""
    table = case.table.copy()
    for name, effect in _DERIVED.findall(_notes(case)):
        if name not in table and set(effect.split(":")) <= set(table.columns):
            table[name] = labels(table, effect)
    return table


def _outcome(table: pd.DataFrame, call: Call) -> str:
    """The column of the left-hand side; the calls write ``score`` for the only column of ratings."""
    numbers = [name for name in table.select_dtypes("number").columns if name not in call.columns]
    return next(name for name in (call.response, "rating", *numbers) if name in table)


class _Models:
    """The models of one case, each fitted once."""

    def __init__(self, case: Case) -> None:
        self.case, self.table = case, _table(case)
        self.fit, self.tests, self.ratio = cache(self._fit), cache(self._tests), cache(self._ratio)
        self.rows = cache(self._rows)

    def _records(self, stem: str) -> list[dict[str, Any]]:
        return [record for key, record in self.case.expected.items() if key.startswith(f"{stem}.")]

    def call(self, stem: str) -> Call:
        """The call of a model, from any of its keys that shows it."""
        texts = (str(record["call"]) for record in self._records(stem))
        text = next(text for text in texts if _CALL.search(text) and "~" in text)
        return parse_call(text[_CALL.search(text).start() :])  # type: ignore[union-attr]  # it was found

    def fits(self, stem: str) -> bool:
        """Whether the call is shown and has no random effects but intercepts."""
        try:
            self.call(stem)
        except (StopIteration, ValueError):
            return False
        return True

    def _coefficients(self, stem: str) -> list[str]:
        values = [record["value"] for key, record in self.case.expected.items() if key == f"{stem}.fixef"]
        return [name for value in values if isinstance(value, dict) for name in value]

    def _rows(self, stem: str) -> tuple[Call, str, pd.DataFrame]:
        call = self.call(stem)
        outcome = _outcome(self.table, call)
        used = call.columns & set(self.table.columns)
        return call, outcome, self.table.dropna(subset=[outcome, *used])

    def _design(self, stem: str, without: str = "") -> pd.DataFrame:
        call, _, rows = self.rows(stem)
        fixed = call.without(without) if without else call.fixed
        known = self._coefficients(stem)
        x, names = design(rows, fixed, known, _notes(self.case), intercept=call.intercept)
        frame = pd.DataFrame(x, columns=names)
        if call.intercept:
            frame.insert(0, INTERCEPT, 1.0)
        return frame

    def _factors(self, stem: str) -> dict[str, Any]:
        call, _, rows = self.rows(stem)
        return {
            effect: labels(rows, effect, call.carriers.get(effect, "")).to_numpy() for effect in call.random
        }

    def _fit(self, stem: str, method: Method = "REML") -> LinearMixedFit:
        _, outcome, rows = self.rows(stem)
        return fit_linear_mixed(
            rows[outcome].to_numpy(), self._design(stem), self._factors(stem), method=method
        )

    def _tests(self, stem: str, degrees: Degrees) -> dict[str, ContrastTest]:
        return coefficient_tests(self.fit(stem), degrees=degrees)

    def _ratio(self, stem: str, term: str) -> dict[str, Any]:
        _, outcome, rows = self.rows(stem)
        y, factors = rows[outcome].to_numpy(), self._factors(stem)
        found = likelihood_ratio_test(y, self._design(stem), self._design(stem, term), factors)
        return {"chi2": found.statistic, "df": found.df, "p": found.p}


def _fixed(fit: LinearMixedFit) -> dict[str, float]:
    return dict(zip(fit.names, fit.beta, strict=True))


def _variances(fit: LinearMixedFit) -> dict[str, float]:
    found = {name: value for name, value in fit.variances.items() if name != RESIDUAL}
    return {**found, "Residual": fit.variances[RESIDUAL]}


def _by_name(tests: dict[str, ContrastTest]) -> dict[str, dict[str, Any]]:
    return {name: {k: getattr(test, k) for k in ("se", "df", "t", "p")} for name, test in tests.items()}


def _maximum(fit: LinearMixedFit) -> dict[str, Any]:
    return {"logLik": -fit.criterion / 2, "fixef": _fixed(fit), "var": _variances(fit)}


_VALUES: dict[str, Callable[[_Models, str], Any]] = {
    "reml_criterion": lambda models, stem: models.fit(stem).criterion,
    "fixef": lambda models, stem: _fixed(models.fit(stem)),
    "fixef_se": lambda models, stem: dict(
        zip(models.fit(stem).names, models.fit(stem).standard_errors, strict=True)
    ),
    "var_components": lambda models, stem: _variances(models.fit(stem)),
    "satterthwaite": lambda models, stem: _by_name(models.tests(stem, "Satterthwaite")),
    "kenward_roger": lambda models, stem: _by_name(models.tests(stem, "Kenward-Roger")),
    "ml": lambda models, stem: _maximum(models.fit(stem, "ML")),
}


def linear_answers(case: Case) -> dict[str, Callable[[], Any]]:
    """Thunks of the keys of linear mixed models."""
    models = _Models(case)
    found: dict[str, Callable[[], Any]] = {}
    for key in case.expected:
        parts = _KEY.fullmatch(key)
        if not parts or not models.fits(parts[1]):
            continue
        if parts[2] in _VALUES:
            found[key] = partial(_VALUES[parts[2]], models, parts[1])
        elif parts[2].startswith("lrt_"):
            found[key] = partial(models.ratio, parts[1], parts[2].removeprefix("lrt_"))
    return found


def answers(case: Case) -> dict[str, Callable[[], Any]]:
    """Thunks of the keys of linear and of cumulative link models."""
    return {**linear_answers(case), **ordinal_keys.ordinal_answers(case)}
