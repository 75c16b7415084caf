"""Figures are drawn from results alone, the same every time, and marked when simulated."""

from dataclasses import replace

import pytest

from analysis.figures import forest_figure, forest_svg, paired_dots_figure, paired_dots_svg
from analysis.run import analyse


def _texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts] + [
        t.get_text() for t in figure.texts
    ]


@pytest.mark.parametrize("draw", [forest_svg, paired_dots_svg])
def test_the_same_results_give_the_same_svg(results, draw):
    assert draw(results) == draw(results)
    assert draw(results).rstrip().endswith("</svg>")
    assert "<dc:date>" not in draw(results)


def test_the_forest_plot_prints_estimates_words_and_the_headline(results):
    texts = _texts(forest_figure(results))
    assert texts.count("superior") >= 1
    assert "Model-A, PGY1 and PGY2: superior" in texts
    assert "Model-B \N{MINUS SIGN} PGY2" in texts


def test_simulated_results_carry_the_watermark_and_real_ones_do_not(results):
    real = {**results, "study": {**results["study"], "watermark": None}}
    for draw in (forest_figure, paired_dots_figure):
        assert "simulated data" in _texts(draw(results))
        assert "simulated data" not in _texts(draw(real))


def test_the_dot_plot_shows_the_model_that_was_asked_for(results):
    titles = [axes.get_title(loc="left") for axes in paired_dots_figure(results, "model-b").axes]
    assert "Medication safety: Model-B \N{MINUS SIGN} PGY1" in titles


def test_pairs_of_codes_are_drawn_without_words(small_dataset, small_plan):
    results = analyse(replace(small_dataset, unblinded=False), small_plan)
    assert "arm C \N{MINUS SIGN} arm A" in _texts(forest_figure(results))
    assert "first arm" in _texts(paired_dots_figure(results))


def test_a_contrast_that_is_not_estimable_is_said_in_the_figure(small_dataset, small_plan):
    results = analyse(small_dataset, replace(small_plan, models=("absent",)))
    assert "not estimable" in _texts(forest_figure(results))
    assert "no paired scores" in _texts(paired_dots_figure(results))


def test_results_without_contrasts_still_draw(results):
    empty = {**results, "contrasts": [], "claims": []}
    assert forest_svg(empty).startswith("<?xml")
    assert paired_dots_svg(empty).startswith("<?xml")


@pytest.mark.parametrize("draw", [forest_svg, paired_dots_svg])
def test_a_dollar_sign_in_a_label_is_no_formula(results, draw):
    contrasts = [{**contrast, "model_label": r"Costs $\5 a $day"} for contrast in results["contrasts"]]
    claims = [{**claim, "model_label": r"Costs $\5 a $day"} for claim in results["claims"]]
    assert draw({**results, "contrasts": contrasts, "claims": claims}).rstrip().endswith("</svg>")
