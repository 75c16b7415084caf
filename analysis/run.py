"""Run a plan on a frozen dataset and write results.json and its tables.

Form of the results (every number rounded to 9 significant digits, None where not estimable)::

    format, study {slug, title, simulated, watermark}, plan {sha256, locked, content},
    dataset {manifest_sha256, frozen_at, unblinded, approval_exception}, software {name: version},
    counts {...}, arms [...], contrasts [...], claims [...],
    tree {model, alpha, hypotheses [...], words, level_words} of the lead model, trees [...] of every model,
    sensitivity_list [{sensitivity, parameters, available, reason}], sensitivities [one record per case],
    multiverse {contrasts [{primary, cells}], headlines [{sensitivity, case, words, changed}], counts},
    reliability [...], blinding {...}, safety {...}, descriptives [...], faults [...], notes [...], methods,
    variants {asked, rates, robustness, baseline, explanations, sentences},
    judges {reason, judges, explanations, sentences},
    style {reason, metrics, arms, contrasts, explanations, sentences},
    results_text [paragraphs], populations {procedure: who}
"""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import tables
from analysis.canonical import plain, to_json
from analysis.claims import blinded_sections, named_sections
from analysis.contrasts import code_contrasts, contrast_record
from analysis.dataset import Dataset, load_dataset
from analysis.differences import primary_scores
from analysis.events import blinding_section, safety_section
from analysis.judge_text import judges_explanations, judges_methods, judges_sentences
from analysis.judges import judges_section
from analysis.methods import methods_paragraph
from analysis.narrative import POPULATIONS, results_text
from analysis.plan import Plan, dump_plan, parse_plan, plan_sha256
from analysis.plan_text import text_of
from analysis.reliability import reliability
from analysis.style.section import style_section
from analysis.style.sentences import style_explanations, style_methods, style_sentences
from analysis.summaries import arm_records, counts, descriptives, silent_raters
from analysis.threads import one_thread
from analysis.variant_text import variants_explanations, variants_methods, variants_sentences
from analysis.variants import unplanned_variants, variants_section

Record = dict[str, Any]
FORMAT = 3
RESULTS_FILE = "results.json"
SOFTWARE = ("numpy", "pandas", "scipy", "statsmodels")
NOT_LOCKED = "this is not the plan that was locked before rating, so every result is exploratory"


def _code_section(dataset: Dataset, plan: Plan, scores: pd.DataFrame) -> list[Record]:
    return [
        contrast_record(contrast, scores, dimension, plan).record
        for dimension in plan.dimensions
        for contrast in code_contrasts(dataset)
    ]


def _notes(dataset: Dataset, plan: Plan) -> list[str]:
    notes = [f"rater {rater} gave no score" for rater in silent_raters(dataset)]
    early = dataset.manifest.get("emergency_unblindings") or ()
    if early:
        notes.append(
            f"responses unblinded in an emergency before the data lock: {len(early)}; all are analysed"
        )
    notes += [
        f"variant {name} is not in the plan and was not analysed"
        for name in unplanned_variants(dataset.responses, plan.robustness.variants)
    ]
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


def _instruments(dataset: Dataset, plan: Plan) -> Record:
    """Verdicts under variants, the judges and the texts' style, each with its sentences."""
    variants, judges = variants_section(dataset, plan), judges_section(dataset, plan)
    style = style_section(dataset, plan)
    return {
        "variants": {
            **variants,
            "explanations": variants_explanations(variants),
            "sentences": variants_sentences(variants),
        },
        "judges": {
            **judges,
            "explanations": judges_explanations(judges),
            "sentences": judges_sentences(judges),
        },
        "style": {
            **style,
            "explanations": style_explanations(style),
            "sentences": style_sentences(style),
        },
    }


def _texts(plan: Plan, results: Record) -> Record:
    """The methods paragraph and the results in words."""
    variants, judges, style = results["variants"], results["judges"], results["style"]
    methods = (
        methods_paragraph(plan, results),
        variants_methods(variants),
        judges_methods(judges),
        style_methods(style),
    )
    parts = (variants, judges, style)
    beside = [text for part in parts for text in (*part["explanations"], *part["sentences"])]
    return {
        "methods": " ".join(filter(None, methods)),
        "results_text": [*results_text(results), *(beside if results["dataset"]["unblinded"] else [])],
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
            results |= named_sections(dataset, plan, scores, faults)
        else:
            results |= {"contrasts": _code_section(dataset, plan, scores), **blinded_sections()}
        results |= {
            "counts": counts(dataset, plan, scores),
            "arms": arm_records(dataset, plan),
            "reliability": reliability(dataset, plan),
            "blinding": blinding_section(dataset, plan),
            "safety": safety_section(dataset, plan),
            "descriptives": descriptives(dataset, plan, scores),
            "notes": _notes(dataset, plan),
            **_instruments(dataset, plan),
        }
        found = [
            *faults,
            *(fault for contrast in results["contrasts"] for fault in contrast.get("faults", [])),
        ]
        results["faults"] = list(dict.fromkeys(found))
        results |= _texts(plan, results)
        results["populations"] = POPULATIONS
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
    text = text_of(plan)
    parsed = parse_plan(text)
    results = analyse(load_dataset(Path(dataset)), parsed, text)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULTS_FILE).write_bytes(to_json(results).encode("utf-8"))
    for name, content in tables.tables(results).items():
        (folder / name).write_bytes(content.encode("utf-8"))
    return results
