"""The power curves as SVG text, in the style of the report's figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.schema import DIMENSION_LABELS

Record = Mapping[str, Any]
COLOURS = {"non-inferior": "#1b5e8c", "superior": "#8b6b3d", "equivalent": "#5b6673"}
DASHES = ("-", "--", ":", "-.")
PANEL_WIDTH, HEIGHT, BAND = 3.6, 3.4, 1.96


def _panel(axes: Any, points: Sequence[Record], label: str) -> None:
    from analysis.figures import LINE  # noqa: PLC0415  matplotlib costs a second

    x = [point["value"] for point in points]
    dimensions = list(DIMENSION_LABELS)
    for i, claim in enumerate(points[0]["claims"]):
        power = [point["claims"][i]["value"] for point in points]
        error = [BAND * point["claims"][i]["error"] for point in points]
        colour, dash = COLOURS[claim["claim"]], DASHES[dimensions.index(claim["dimension"])]
        name = f"{claim['claim']}, {DIMENSION_LABELS[claim['dimension']].lower()}"
        axes.plot(x, power, dash, color=colour, lw=1.3, label=name)
        axes.errorbar(x, power, yerr=error, fmt="o", ms=2.5, lw=0.7, color=colour)
    axes.axhline(0.8, color=LINE, lw=0.8, zorder=0)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel(label)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def curve_svg(results: Record, axes_names: Mapping[str, str]) -> str:
    """One panel per axis of the curve: power of each claim with 95 % Monte-Carlo bars; the line is at .8.

    Raises
    ------
    ValueError
        If the results have no curve.
    """
    # Heavy, and only the files of a run need it.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from analysis.figures import STYLE, svg_text  # noqa: PLC0415

    axes_used = list(dict.fromkeys(point["axis"] for point in results["curve"]))
    if not axes_used:
        raise ValueError("there is no curve to draw")
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]  # its stubs know no plain dict
        figure = Figure(figsize=(max(PANEL_WIDTH * len(axes_used), 7.2), HEIGHT + 0.9))
        panels = figure.subplots(1, len(axes_used), squeeze=False)[0]
        for axes, name in zip(panels, axes_used, strict=True):
            _panel(axes, [p for p in results["curve"] if p["axis"] == name], axes_names[name])
        panels[0].set_ylabel("power against every level")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=3, frameon=False, fontsize=8)
        figure.tight_layout(rect=(0, 0.16, 1, 1))
        return svg_text(figure)
