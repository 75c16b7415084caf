"""The results as text: what was found, with how much, and about whom; and every fault by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.decision import HEADLINE
from analysis.methods import joined, percent

Record = Mapping[str, Any]
POPULATIONS = {
    "primary": "raters, vignettes and residents like these",
    "panel_only": "residents and their vignettes like these, judged by these raters",
    "signed_rank": "vignettes like these, answered by these residents and judged by these raters",
    "rating_models": "raters, vignettes and residents like these",
    "bootstrap": "raters and residents with their vignettes like these",
    "safety": "vignettes like these, answered by these residents and judged by these raters",
    "blinding": "raters and vignettes like these",
}
NAMES = {
    "primary": "the primary results and the claim words",
    "panel_only": "the t test with fixed raters",
    "signed_rank": "the signed-rank, sign-flip and sign tests and the Hodges-Lehmann estimate",
    "rating_models": "the mixed models of single ratings",
    "bootstrap": "the bootstrap of residents and raters",
    "safety": "the harm comparisons",
    "blinding": "the blinding indices",
}
MINUS = "\N{MINUS SIGN}"


def number(value: float | None, digits: int = 2) -> str:
    """A number with a true minus sign; a dash where there is none."""
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    return text.replace("-", MINUS) if float(text) else text.lstrip("-")


def _span(interval: Record | None) -> str:
    if interval is None:
        return "no interval"
    level = percent(interval["confidence"])
    return f"{level} interval {number(interval['low'])} to {number(interval['high'])}"


def _size(contrast: Record) -> str:
    n = contrast["n"]
    return (
        f"n = {n['differences']} paired differences of {n['raters']} raters over {n['vignettes']} "
        f"vignettes and {n['second_responders']} residents"
    )


def _singular(contrast: Record) -> str:
    if not contrast["singular"]:
        return ""
    named = joined(sorted(contrast["singular"]))
    return f"; estimated at 0, which is not evidence of no variation: {named}"


def contrast_sentence(contrast: Record) -> str:
    """One contrast on one dimension: estimate, intervals, degrees of freedom, sizes, zeros and its word."""
    who = f"{contrast['model_label']} minus {contrast['level']} residents"
    head = f"{contrast['dimension_label']}, {who}: "
    if not contrast["estimable"]:
        return f"{head}not estimable, because {contrast['reason']}."
    zeros = "" if contrast["zero_share"] is None else f"; {percent(contrast['zero_share'])} of them are 0"
    degrees = f"{number(contrast['df'], 1)} degrees of freedom"
    basis = f"{contrast['engine']}, SE {number(contrast['se'], 3)}, {degrees}"
    return (
        f"{head}mean difference {number(contrast['estimate'])} points, {_span(contrast['interval'])}, "
        f"{_span(contrast['narrow_interval'])} "
        f"({basis}; {_size(contrast)}{zeros}{_singular(contrast)}). {contrast['word'].capitalize()} "
        f"({contrast['role']})."
    )


def _headlines(claims: Sequence[Record], trees: Sequence[Record]) -> str:
    sentences = [claim["sentence"] for claim in claims if claim["role"] == HEADLINE]
    if not sentences:
        return "No claim could be tested."
    alphas = joined([f"{tree['model_label']} at one-sided {tree['alpha']:g}" for tree in trees])
    return f"Headline claims, adjusted by the testing tree ({alphas}): {' '.join(sentences)}"


def _changes(results: Record) -> str:
    rows = results["multiverse"]["contrasts"]
    if not results["sensitivity_list"]:
        return "The plan lists no sensitivity."
    cases = sum(row["cases"] for row in rows)
    changed = sum(row["changed"] for row in rows)
    without = sum(row["without_word"] for row in rows)
    text = (
        f"Over {cases} cases of the sensitivities the word of a contrast changed in {changed} and could not "
        f"be compared in {without}."
    )
    moved = [c for c in results["multiverse"]["counts"] if c["changed"]]
    if moved:
        listed = [f"{c['sensitivity'].replace('_', ' ')} {c['changed']} of {c['cases']}" for c in moved]
        text += f" By sensitivity: {', '.join(listed)}."
    absent = [s for s in results["sensitivity_list"] if not s["available"]]
    for entry in absent:
        text += f" {entry['sensitivity'].replace('_', ' ').capitalize()}: {entry['reason']}."
    return text


def _populations() -> str:
    listed = [f"{NAMES[key]} to {who}" for key, who in POPULATIONS.items()]
    return (
        f"Generalisation: {'; '.join(listed)}. A model is fixed: nothing here speaks of other models, or of "
        "another version of the same one."
    )


def _faults(faults: Sequence[str]) -> str:
    if not faults:
        return "No design fault that forbids a claim word was found."
    return f"Design faults, because of which claim words are withheld: {'; '.join(faults)}."


def results_text(results: Record) -> list[str]:
    """Paragraphs about the results of an unblinded dataset; one sentence while the arms are not released.

    Parameters
    ----------
    results : mapping
        In the form of `analysis.run`, complete but for this text.
    """
    if not results["dataset"]["unblinded"]:
        return ["The arms are not released, so nothing is claimed."]
    return [
        _faults(results["faults"]),
        _headlines(results["claims"], results["trees"]),
        *(contrast_sentence(contrast) for contrast in results["contrasts"]),
        _changes(results),
        _populations(),
    ]
