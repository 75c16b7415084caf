"""Figures of a results document as SVG text: forest plot and paired dot plot.

The text is the same byte for byte for the same results and the same matplotlib.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from analysis.schema import DIMENSION_LABELS, SCORE_LEVELS

Results = Mapping[str, Any]
Record = Mapping[str, Any]

INK, MUTED, LINE = "#1c2733", "#5b6673", "#c9d0d8"
MODEL, RESIDENT, MARGIN_FILL = "#1b5e8c", "#8b6b3d", "#eaf0f5"
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in an arm's label is a dollar sign
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "svg.hashsalt": "equipoise",
    "svg.fonttype": "path",
}
ROW, HEADER = 0.27, 0.46
WIDTH = 9.6
FOREST_WIDTH = 10.8
MOST_COLUMNS = 3
MINUS = "\N{MINUS SIGN}"


def svg_text(figure: Figure) -> str:
    """A figure as SVG text without date and version, so that equal figures give equal bytes."""
    stream = io.StringIO()
    FigureCanvasSVG(figure)
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue()


def _watermark(figure: Figure, results: Results) -> None:
    mark = results["study"]["watermark"]
    if not mark:
        return
    figure.text(
        0.5, 0.5, mark, ha="center", va="center", rotation=24, fontsize=54, color=MUTED, alpha=0.10, zorder=10
    )
    figure.text(0.988, 0.008, mark, ha="right", fontsize=8, color=MUTED)


def _clean(axes: Axes, *, keep: Sequence[str] = ("bottom",)) -> None:
    for side, spine in axes.spines.items():
        spine.set_visible(side in keep)
    axes.tick_params(length=3, width=0.6)


def _signed(value: float) -> str:
    text = f"{value:.2f}"
    return text.replace("-", MINUS) if float(text) else "0.00"


def _estimate_text(contrast: Record) -> str:
    if contrast["interval"] is None:
        return "not estimable"
    interval = contrast["interval"]
    return f"{_signed(contrast['estimate'])}  [{_signed(interval['low'])}, {_signed(interval['high'])}]"


def _contrast_label(contrast: Record) -> str:
    if contrast.get("level"):
        return f"{contrast['model_label']} {MINUS} {contrast['level']}"
    return f"arm {'+'.join(contrast['first'])} {MINUS} arm {'+'.join(contrast['second'])}"


def _short(word: str) -> str:
    """A claim word or the first part of what stands in its place; the tables give the reason in full."""
    return word.split(":", maxsplit=1)[0]


def _dimensions(results: Results) -> list[str]:
    return list(dict.fromkeys(contrast["dimension"] for contrast in results["contrasts"]))


def _headline(results: Results, dimension: str) -> str:
    for claim in results["claims"]:
        if claim["dimension"] == dimension and claim["role"] == "headline":
            levels = " and ".join(claim["levels"])
            return f"{claim['model_label']}, {levels}: {_short(claim['shown'])}"
    return ""


def _span(results: Results) -> float:
    limits: list[float] = [c["margin"] for c in results["contrasts"]]
    for contrast in results["contrasts"]:
        if contrast["interval"]:
            limits += [abs(contrast["interval"]["low"]), abs(contrast["interval"]["high"])]
    return min(4.0, 1.08 * max(limits) + 0.1)


def _forest_row(axes: Axes, contrast: Record, y: float) -> None:
    box: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center", "clip_on": False}
    axes.text(-0.02, y, _contrast_label(contrast), ha="right", **box)
    axes.text(1.03, y, _estimate_text(contrast), ha="left", **box)
    axes.text(1.46, y, _short(contrast.get("word", "")), ha="left", color=MUTED, **box)
    if contrast["interval"] is None:
        return
    wide, narrow = contrast["interval"], contrast["narrow_interval"]
    axes.plot([wide["low"], wide["high"]], [y, y], color=MODEL, lw=1.1, solid_capstyle="butt", zorder=3)
    axes.plot([narrow["low"], narrow["high"]], [y, y], color=MODEL, lw=3.2, solid_capstyle="butt", zorder=3)
    axes.plot([contrast["estimate"]], [y], "o", ms=5.5, mfc="white", mec=MODEL, mew=1.4, zorder=4)


def _forest_panel(axes: Axes, results: Results, dimension: str, span: float) -> None:
    rows = [c for c in results["contrasts"] if c["dimension"] == dimension]
    margin = rows[0]["margin"]
    axes.axvspan(-margin, margin, color=MARGIN_FILL, lw=0, zorder=0)
    axes.axvline(0, color=MUTED, lw=0.8, zorder=1)
    for i, contrast in enumerate(rows):
        _forest_row(axes, contrast, -i)
    axes.set_xlim(-span, span)
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    axes.set_yticks([])
    label: dict[str, Any] = {"transform": axes.transAxes, "va": "bottom", "clip_on": False}
    axes.text(-0.47, 1.04, DIMENSION_LABELS[dimension], ha="left", fontweight="bold", **label)
    headline = _headline(results, dimension)
    if headline:
        axes.text(1.03, 1.04, headline, ha="left", fontweight="bold", **label)
    _clean(axes, keep=())


def _inches(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place in inches from the upper left corner."""
    total_width, total_height = figure.get_size_inches()
    return figure.add_axes(
        (left / total_width, 1 - (top + height) / total_height, width / total_width, height / total_height)
    )


def forest_figure(results: Results) -> Figure:
    """The forest plot: mean differences with 95 % (thin) and 90 % (thick) intervals, the margin shaded."""
    dimensions = _dimensions(results)
    per_dimension = len(results["contrasts"]) // max(len(dimensions), 1)
    panel = ROW * per_dimension
    height = len(dimensions) * (panel + HEADER) + 0.85
    figure = Figure(figsize=(FOREST_WIDTH, height))
    span = _span(results) if dimensions else 1.0
    for i, dimension in enumerate(dimensions):
        axes = _inches(figure, 2.05, HEADER + i * (panel + HEADER), 3.9, panel)
        _forest_panel(axes, results, dimension, span)
        last = i == len(dimensions) - 1
        axes.tick_params(labelbottom=last, bottom=last)
        if last:
            axes.spines["bottom"].set_visible(True)
            side = "first minus second" if not results["claims"] else "model minus resident"
            axes.set_xlabel(f"Mean difference, {side} (points of the 1-5 scale); shaded: within the margin")
    note = "Circle: mean. Thin line: 95 % interval. Thick line: 90 %."
    if results["claims"]:
        note += " Grey words: each contrast alone, not adjusted. Bold words: the plan's tree."
    figure.text(0.012, 0.008, note, fontsize=8, color=MUTED)
    _watermark(figure, results)
    return figure


def forest_svg(results: Results) -> str:
    """The forest plot of `analysis.run.analyse` results as SVG text.

    The words beside the rows are those of each single contrast and not adjusted; the word in a dimension's
    heading is the headline of the lead model.
    """
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]  # its stubs know no plain dict
        return svg_text(forest_figure(results))


def _paired_panel(axes: Axes, contrast: Record) -> None:
    rows = sorted(contrast["vignettes"], key=lambda row: (row["difference"], row["vignette"]))
    for x, row in enumerate(rows):
        better = row["difference"] >= 0
        axes.plot(
            [x, x], [row["second"], row["first"]], color=MODEL if better else RESIDENT, lw=1.0, alpha=0.55
        )
    places = range(len(rows))
    axes.plot(places, [row["second"] for row in rows], "o", ms=4, mfc="white", mec=RESIDENT, mew=1.1, ls="")
    axes.plot(places, [row["first"] for row in rows], "o", ms=4, mfc=MODEL, mec=MODEL, mew=1.1, ls="")
    axes.set_ylim(SCORE_LEVELS[0] - 0.2, SCORE_LEVELS[-1] + 0.2)
    axes.set_yticks(SCORE_LEVELS)
    axes.grid(axis="y", color=LINE, lw=0.4)
    axes.set_axisbelow(True)
    axes.set_xlim(-1, max(len(rows), 1))
    axes.set_xticks([])
    _clean(axes, keep=("left",))
    if not rows:
        axes.text(
            0.5, 0.5, "no paired scores", transform=axes.transAxes, ha="center", va="center", color=MUTED
        )


def _panels(results: Results, model: str | None) -> list[list[Record]]:
    """Contrasts of one model, a dimension after the other, in rows of at most `MOST_COLUMNS`."""
    chosen = model if model is not None else next((c.get("model") for c in results["contrasts"]), None)
    own = [c for c in results["contrasts"] if c.get("model") == chosen]
    rows = [[c for c in own if c["dimension"] == d] for d in _dimensions(results)]
    return [row[i : i + MOST_COLUMNS] for row in rows for i in range(0, len(row), MOST_COLUMNS)]


def _legend(figure: Figure, first: str, second: str) -> None:
    top = 1 - 0.2 / figure.get_size_inches()[1]
    axes = figure.add_axes((0, 0, 1, 1), zorder=5)
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.plot([0.075], [top], "o", ms=5, color=MODEL)
    axes.text(0.088, top, first, va="center")
    axes.plot([0.30], [top], "o", ms=5, mfc="white", mec=RESIDENT, mew=1.2)
    axes.text(0.313, top, second, va="center")


def paired_dots_figure(results: Results, model: str | None = None) -> Figure:
    """The paired dot plot of one model: mean scores of both responses to each vignette."""
    grid = _panels(results, model)
    columns = max((len(row) for row in grid), default=1) or 1
    width, height = (WIDTH - 0.75) / columns, 1.75
    figure = Figure(figsize=(WIDTH, 0.55 + len(grid) * height + 0.4))
    for i, row in enumerate(grid):
        for j, contrast in enumerate(row):
            axes = _inches(figure, 0.7 + j * width, 0.75 + i * height, width - 0.2, height - 0.42)
            _paired_panel(axes, contrast)
            title = f"{contrast['dimension_label']}: {_contrast_label(contrast)}"
            axes.set_title(
                title, loc="left", fontsize=9 if columns < MOST_COLUMNS else 8, fontweight="bold", pad=4
            )
            if j:
                axes.set_yticklabels([])
            else:
                axes.set_ylabel("mean score", fontsize=8, color=MUTED)
    labelled = bool(results["claims"]) and bool(grid) and bool(grid[0])
    _legend(figure, *((grid[0][0]["model_label"], "resident") if labelled else ("first arm", "second arm")))
    note = "Each line is a vignette, in order of its mean difference; means over the raters who scored both."
    figure.text(0.012, 0.008, note, fontsize=8, color=MUTED)
    _watermark(figure, results)
    return figure


def paired_dots_svg(results: Results, model: str | None = None) -> str:
    """The paired dot plot as SVG text.

    Parameters
    ----------
    results : mapping
        From `analysis.run.analyse`.
    model : str or None
        Arm name of the model; the first one of the results if None.
    """
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]  # its stubs know no plain dict
        return svg_text(paired_dots_figure(results, model))
