"""Run a plan on a frozen dataset and write results.json and its tables.

Form of the results (every number rounded to 9 significant digits, None where not estimable)::

    format, study {slug, title, simulated, watermark}, plan {sha256, locked, content},
    dataset {manifest_sha256, frozen_at, unblinded, approval_exception}, software {name: version},
    counts {...}, arms [...], contrasts [...], tree {model, alpha, hypotheses [...]}, claims [...],
    reliability [...], blinding {...}, safety {...}, descriptives [...], faults [...], notes [...], methods
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import tables
from analysis.canonical import p_text, plain, to_json
from analysis.contrasts import code_contrasts, contrast_record, plan_contrast
from analysis.dataset import Dataset, load_dataset
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
    run_tree,
)
from analysis.differences import primary_scores
from analysis.estimate import MeanTest
from analysis.events import blinding_section, safety_section
from analysis.methods import methods_paragraph
from analysis.plan import Plan, PlanError, dump_plan, parse_plan, plan_sha256
from analysis.schema import DIMENSION_LABELS
from analysis.summaries import arm_records, counts, descriptives, reliability, silent_raters
from analysis.threads import one_thread

Record = dict[str, Any]
FORMAT = 1
RESULTS_FILE = "results.json"
SOFTWARE = ("numpy", "pandas", "scipy", "statsmodels")
JOINT = {"superior": SUPERIOR, "noninferior": NONINFERIOR, "upper": EQUIVALENT}
NOT_LOCKED = "this is not the plan that was locked before rating, so every result is exploratory"


def _contrast_section(
    dataset: Dataset, plan: Plan, scores: pd.DataFrame, faults: Sequence[str]
) -> tuple[list[Record], list[Record], Record]:
    """Contrasts of the plan, claims against every level, and the tree."""
    records: list[Record] = []
    claims: list[Record] = []
    tree: Record = {}
    for model in plan.models:
        tests: dict[str, list[MeanTest]] = {d: [] for d in plan.dimensions}
        found: dict[str, list[str]] = {d: [] for d in plan.dimensions}
        for dimension in plan.dimensions:
            for level in plan.levels:
                contrast = plan_contrast(dataset, model, level)
                record, test = contrast_record(contrast, scores, dimension, plan, faults)
                label = contrast.first[0].title if contrast.first else model
                records.append({"model": model, "model_label": label, "level": level, **record})
                tests[dimension].append(test)
                found[dimension] += [f for f in record["faults"] if f not in found[dimension]]
        lead = model == plan.lead_model
        if lead:
            tree = _tree_record(plan, tests, found)
        label = records[-1]["model_label"]
        claims += [
            _claim(plan, model, label, d, tests[d], found[d], tree if lead else None) for d in plan.dimensions
        ]
    return records, claims, tree


def _tree_record(
    plan: Plan, tests: Mapping[str, Sequence[MeanTest]], faults: Mapping[str, Sequence[str]]
) -> Record:
    hypotheses = run_tree(plan, tests, faults)
    return {
        "model": plan.lead_model,
        "alpha": plan.alpha,
        "hypotheses": [
            {
                **asdict(h),
                "p_text": p_text(h.p),
                "p_adjusted_text": "not tested" if h.p_adjusted is None else p_text(h.p_adjusted),
            }
            for h in hypotheses
        ],
        "words": {d: headline_word(plan, d, hypotheses, tests[d], faults[d]) for d in plan.dimensions},
    }


def _claim(
    plan: Plan,
    model: str,
    label: str,
    dimension: str,
    tests: Sequence[MeanTest],
    faults: Sequence[str],
    tree: Record | None,
) -> Record:
    unadjusted = f"{NO_CLAIM}: {'; '.join(faults)}" if faults else joint_word(plan, dimension, tests)
    word = unadjusted if tree is None else tree["words"][dimension]
    shown = describe(word, plan.margins[dimension])
    p_values = {name: joint_p(tests, claim) for name, claim in JOINT.items()}
    against = f"{' and '.join(plan.levels)} residents on {DIMENSION_LABELS[dimension].lower()}"
    return {
        "model": model,
        "model_label": label,
        "dimension": dimension,
        "dimension_label": DIMENSION_LABELS[dimension],
        "levels": list(plan.levels),
        "role": NOT_ADJUSTED if tree is None else HEADLINE,
        "word": word,
        "shown": shown,
        "sentence": f"{label} compared with {against}: {shown}.",
        "margin": plan.margins[dimension],
        "p": p_values,
        "p_text": {name: p_text(p) for name, p in p_values.items()},
        "faults": list(faults),
    }


def _code_section(dataset: Dataset, plan: Plan, scores: pd.DataFrame) -> list[Record]:
    return [
        contrast_record(contrast, scores, dimension, plan)[0]
        for dimension in plan.dimensions
        for contrast in code_contrasts(dataset)
    ]


def _notes(dataset: Dataset, plan: Plan) -> list[str]:
    notes = [f"rater {rater} gave no score" for rater in silent_raters(dataset)]
    if dataset.unblinded:
        known = {arm.name for arm in dataset.arms if arm.kind == "model"}
        notes += [
            f"model {name} is not in the plan and was not compared"
            for name in sorted(known - set(plan.models))
        ]
        notes += [
            f"model {name} of the plan is not in the dataset" for name in plan.models if name not in known
        ]
    return notes


def _identity(dataset: Dataset, plan: Plan, plan_text: str) -> Record:
    manifest = dataset.manifest
    study = manifest["study"]
    digest = plan_sha256(plan_text)
    return {
        "format": FORMAT,
        "study": {key: study.get(key) for key in ("slug", "title", "simulated", "watermark")},
        "plan": {
            "sha256": digest,
            "locked": digest == manifest["plan_sha256"],
            "content": plain(plan),
        },
        "dataset": {
            "manifest_sha256": dataset.manifest_sha256,
            "frozen_at": manifest.get("frozen_at"),
            "unblinded": dataset.unblinded,
            "approval_exception": manifest.get("approval_exception"),
        },
        "software": {"python": platform.python_version(), **{name: version(name) for name in SOFTWARE}},
    }


def analyse(dataset: Dataset, plan: Plan, plan_text: str | None = None) -> Record:
    """All results of a plan on a dataset.

    Parameters
    ----------
    dataset : Dataset
    plan : Plan
    plan_text : str or None
        The text that was locked, whose hash is compared with the manifest's; the canonical text if None.

    Returns
    -------
    dict
        Plain JSON types in the form of this module's docstring. With a plan other than the locked one
        every claim word is withheld. Without arms.json `contrasts` holds all pairs of arm codes and there
        are no claims and no tree.
    """
    with one_thread():
        results = _identity(dataset, plan, dump_plan(plan) if plan_text is None else plan_text)
        scores = primary_scores(dataset, plan)
        faults = [] if results["plan"]["locked"] else [NOT_LOCKED]
        if dataset.unblinded:
            contrasts, claims, tree = _contrast_section(dataset, plan, scores, faults)
        else:
            contrasts, claims, tree = _code_section(dataset, plan, scores), [], {}
        results |= {
            "counts": counts(dataset, plan, scores),
            "arms": arm_records(dataset, plan),
            "contrasts": contrasts,
            "claims": claims,
            "tree": tree,
            "reliability": reliability(dataset, plan),
            "blinding": blinding_section(dataset, plan),
            "safety": safety_section(dataset, plan),
            "descriptives": descriptives(dataset, plan, scores),
            "notes": _notes(dataset, plan),
        }
        found = [*faults, *(fault for contrast in contrasts for fault in contrast.get("faults", []))]
        results["faults"] = list(dict.fromkeys(found))
        results["methods"] = methods_paragraph(plan, results)
        rounded: Record = plain(results)
    return rounded


def run(dataset: Path, plan: Path, out: Path) -> Record:
    """Run the plan file on the dataset folder and write ``results.json`` and the CSV tables to `out`.

    Returns
    -------
    dict
        The content of results.json.

    Raises
    ------
    analysis.dataset.DatasetError
        If the dataset is damaged, changed after the freeze or of another form.
    analysis.plan.PlanError
        If the plan cannot be used.
    """
    try:
        text = Path(plan).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError("", f"cannot be read: {error}") from error
    parsed = parse_plan(text)
    results = analyse(load_dataset(Path(dataset)), parsed, text)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULTS_FILE).write_bytes(to_json(results).encode("utf-8"))
    for name, content in tables.tables(results).items():
        (folder / name).write_bytes(content.encode("utf-8"))
    return results
