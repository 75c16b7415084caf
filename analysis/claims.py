"""Contrasts of the plan, the claims against every level, each model's tree, and where words change."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from analysis import multiverse
from analysis.canonical import p_text
from analysis.contrasts import Compared, Contrast, contrast_faults, contrast_record, plan_contrast
from analysis.dataset import Dataset
from analysis.decision import (
    EQUIVALENT,
    HEADLINE,
    NO_CLAIM,
    NONINFERIOR,
    NOT_ADJUSTED,
    SUPERIOR,
    describe,
    headline_word,
    joint_p,
    joint_word,
    level_words,
    run_tree,
)
from analysis.estimate import MeanTest
from analysis.plan import Plan
from analysis.rating_models import rating_models
from analysis.schema import DIMENSION_LABELS
from analysis.sensitivities.execute import Outcome, availability, outcomes, records
from analysis.sensitivities.findings import Study, Subject

Record = dict[str, Any]
JOINT = {"superior": SUPERIOR, "noninferior": NONINFERIOR, "upper": EQUIVALENT}


@dataclass(frozen=True)
class _Model:
    """Everything that was compared for one model, by dimension and level."""

    name: str
    label: str
    contrasts: Mapping[tuple[str, str], Contrast]
    compared: Mapping[tuple[str, str], Compared]

    def tests(self, plan: Plan) -> dict[str, list[MeanTest]]:
        """Tests by dimension, one per level."""
        return {d: [self.compared[d, level].test for level in plan.levels] for d in plan.dimensions}

    def faults(self, plan: Plan) -> dict[str, list[str]]:
        """Faults by dimension, of any level."""
        return {
            d: list(dict.fromkeys(f for level in plan.levels for f in self.compared[d, level].faults))
            for d in plan.dimensions
        }


def _compared(
    dataset: Dataset, plan: Plan, model: str, scores: pd.DataFrame, faults: Sequence[str]
) -> _Model:
    contrasts, compared = {}, {}
    label = model
    for dimension in plan.dimensions:
        rows = scores[scores["dimension"] == dimension]
        for level in plan.levels:
            contrast = plan_contrast(dataset, model, level)
            label = contrast.first[0].title if contrast.first else model
            contrasts[dimension, level] = contrast
            compared[dimension, level] = contrast_record(contrast, rows, dimension, plan, faults)
    return _Model(model, label, contrasts, compared)


def _tree_record(
    plan: Plan, model: _Model, tests: Mapping[str, Sequence[MeanTest]], faults: Mapping[str, Sequence[str]]
) -> Record:
    alpha = plan.model_alpha(model.name)
    hypotheses = run_tree(plan, tests, faults, alpha)
    return {
        "model": model.name,
        "model_label": model.label,
        "alpha": alpha,
        "share": alpha / plan.alpha,
        "hypotheses": [
            {
                **asdict(h),
                "p_text": p_text(h.p),
                "p_adjusted_text": "not tested" if h.p_adjusted is None else p_text(h.p_adjusted),
            }
            for h in hypotheses
        ],
        "words": {d: headline_word(plan, d, hypotheses, tests[d], faults[d]) for d in plan.dimensions},
        "level_words": {d: level_words(d, hypotheses) for d in plan.dimensions},
    }


def _claim(plan: Plan, model: _Model, dimension: str, levels: Sequence[str], word: str, role: str) -> Record:
    tests = [model.compared[dimension, level].test for level in levels]
    margin = plan.margins[dimension]
    shown = describe(word, margin)
    p_values = {name: joint_p(tests, claim) for name, claim in JOINT.items()}
    against = f"{' and '.join(levels)} residents on {DIMENSION_LABELS[dimension].lower()}"
    return {
        "model": model.name,
        "model_label": model.label,
        "dimension": dimension,
        "dimension_label": DIMENSION_LABELS[dimension],
        "levels": list(levels),
        "role": role,
        "word": word,
        "shown": shown,
        "sentence": f"{model.label} compared with {against}: {shown}.",
        "margin": margin,
        "p": p_values,
        "p_text": {name: p_text(p) for name, p in p_values.items()},
        "faults": model.faults(plan)[dimension],
    }


def _claims(
    plan: Plan, model: _Model, tests: Mapping[str, Sequence[MeanTest]], tree: Record | None
) -> list[Record]:
    claims = []
    for dimension, faults in model.faults(plan).items():
        if tree is None:
            word = (
                f"{NO_CLAIM}: {'; '.join(faults)}"
                if faults
                else joint_word(plan, dimension, tests[dimension])
            )
            claims.append(_claim(plan, model, dimension, plan.levels, word, NOT_ADJUSTED))
            continue
        claims.append(_claim(plan, model, dimension, plan.levels, tree["words"][dimension], HEADLINE))
        claims += [
            _claim(plan, model, dimension, [level], word, HEADLINE)
            for level, word in tree["level_words"][dimension].items()
        ]
    return claims


def _subject(study: Study, model: _Model, dimension: str, level: str, faults: Sequence[str]) -> Subject:
    contrast, compared = model.contrasts[dimension, level], model.compared[dimension, level]
    return Subject(
        study=study,
        dimension=dimension,
        first=contrast.first_responders,
        second=contrast.second_responders,
        blocks=contrast.blocks,
        differences=compared.differences,
        primary=compared.test,
        margin=study.plan.margins[dimension],
        faults_of=lambda left: [*faults, *contrast_faults(contrast, left, study.plan)],
    )


class _Sections:
    """The sections of the results, filled model by model."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.contrasts: list[Record] = []
        self.claims: list[Record] = []
        self.trees: list[Record] = []
        self.sensitivities: list[Record] = []
        self.rows: list[Record] = []
        self.headlines: list[Record] = []
        self.by_name: dict[str, list[Outcome]] = {}

    def add_sensitivities(self, contrast: Record, found: Sequence[Outcome]) -> None:
        """The records of one contrast's sensitivities, and its row of the multiverse."""
        own = records(found, contrast["unadjusted"], self.plan.alpha)
        head = {key: contrast[key] for key in ("model", "level", "dimension")}
        self.sensitivities += [{**head, **record} for record in own]
        self.rows.append(multiverse.contrast_row(contrast, own, found))
        for outcome in found:
            self.by_name.setdefault(outcome.name, []).append(outcome)

    def record(self) -> Record:
        """The sections under the names of the results document."""
        names = [entry["name"] for entry in self.plan.sensitivities]
        lead = next((tree for tree in self.trees if tree["model"] == self.plan.lead_model), {})
        return {
            "contrasts": self.contrasts,
            "claims": self.claims,
            "tree": lead,
            "trees": self.trees,
            "sensitivity_list": availability(self.plan.sensitivities, self.by_name),
            "sensitivities": self.sensitivities,
            "multiverse": {
                "contrasts": self.rows,
                "headlines": self.headlines,
                "counts": multiverse.counts(self.rows, names),
            },
        }


def named_sections(dataset: Dataset, plan: Plan, scores: pd.DataFrame, faults: Sequence[str]) -> Record:
    """Contrasts, claims, trees, sensitivities and the multiverse of an unblinded dataset.

    Parameters
    ----------
    dataset : Dataset
    plan : Plan
    scores : DataFrame
        From `analysis.differences.primary_scores`.
    faults : sequence of str
        Faults of the whole study, which forbid every claim word.
    """
    study, sections = Study(dataset, plan), _Sections(plan)
    for name in plan.models:
        model = _compared(dataset, plan, name, scores, faults)
        tests = model.tests(plan)
        tree = _tree_record(plan, model, tests, model.faults(plan)) if plan.model_alpha(name) > 0 else None
        found = {}
        for (dimension, level), compared in model.compared.items():
            subject = _subject(study, model, dimension, level, faults)
            found[dimension, level] = outcomes(subject)
            head = {"model": name, "model_label": model.label, "level": level}
            record = {**head, **compared.record, "rating_models": rating_models(subject)}
            sections.contrasts.append(record)
            sections.add_sensitivities(record, found[dimension, level])
        sections.claims += _claims(plan, model, tests, tree)
        if tree is not None:
            sections.trees.append(tree)
            sections.headlines += multiverse.headline_rows(
                plan, name, tests, model.faults(plan), found, tree["words"]
            )
    return sections.record()


def blinded_sections() -> Record:
    """The same sections before the arms are released: nothing is claimed and no sensitivity is run."""
    empty: Record = {"claims": [], "tree": {}, "trees": [], "sensitivity_list": [], "sensitivities": []}
    return {**empty, "multiverse": {"contrasts": [], "headlines": [], "counts": []}}
