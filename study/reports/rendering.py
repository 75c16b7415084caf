"""Figures and the report file of one run: one self-contained page that needs no site and no network."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from study.datasets.models import FrozenDataset
from study.datasets.record import lock_record
from study.protocol.models import Study
from study.reports.presentation import present

STYLES = ("app.css", "report.css")
FOREST = "forest.svg"
PAIRED = "paired-dots.svg"


@dataclass(frozen=True)
class Figure:
    """One figure: the file's name, where a page finds it, and what it shows."""

    name: str
    source: str
    caption: str
    alt: str


def figure_texts(results: Mapping[str, Any]) -> dict[str, str]:
    """Return the SVG text of every figure by file name; matplotlib loads here and nowhere else."""
    from analysis.figures import forest_svg, paired_dots_svg  # noqa: PLC0415  half a second

    models = list(dict.fromkeys(each.get("model") for each in results["contrasts"]))
    texts = {FOREST: forest_svg(results)} if results["contrasts"] else {}
    for place, model in enumerate(models):
        texts[PAIRED if place == 0 else f"paired-dots-{model}.svg"] = paired_dots_svg(results, model)
    return texts


def describe_figures(results: Mapping[str, Any], sources: Mapping[str, str]) -> list[Figure]:
    """Return the figures whose sources are given, in reading order, with captions."""
    labels = list(dict.fromkeys(each.get("model_label", "") for each in results["contrasts"]))
    found = []
    for name in sorted(sources, key=lambda name: (name != FOREST, name != PAIRED, name)):
        if name == FOREST:
            caption = "Mean differences with their intervals; the margin is shaded."
            alt = "Forest plot: each row is one contrast; the tables below hold the same numbers."
        else:
            place = 0 if name == PAIRED else _place(results, name)
            who = f"{labels[place]}: m" if labels[place] else "M"
            caption = f"{who}ean score of both responses to each vignette, one line per vignette."
            alt = "Paired dot plot; vignettes.csv among the downloads holds the same numbers."
        found.append(Figure(name, sources[name], caption, alt))
    return found


def _place(results: Mapping[str, Any], name: str) -> int:
    models = list(dict.fromkeys(each.get("model") for each in results["contrasts"]))
    return models.index(name.removeprefix("paired-dots-").removesuffix(".svg"))


def standalone_report(study: Study, dataset: FrozenDataset, results: Mapping[str, Any], sha256: str) -> str:
    """Return report.html for one run: the page of the site with its styles and figures inside."""
    sources = {name: _data_url(text) for name, text in figure_texts(results).items()}
    context = {
        "study": study,
        "report": present(results, dataset.manifest, sha256),
        "figures": describe_figures(results, sources),
        "locks": lock_record(study),
        "style": _style_element(),
    }
    return render_to_string("reports/standalone.html", context)


def _data_url(svg: str) -> str:
    """Return the figure as a data address: inline, the ids of two figures would collide."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _style_element() -> SafeString:
    folder = Path(__file__).resolve().parent.parent / "static" / "study"
    css = "\n".join((folder / name).read_text(encoding="utf-8") for name in STYLES)
    return format_html("<style>\n{}</style>", mark_safe(css))  # noqa: S308  the project's own style sheets
