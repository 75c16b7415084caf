from dataclasses import astuple

import numpy as np
import pytest

from analysis.style.attacker import TOO_FEW, TOO_FEW_VIGNETTES, Attack, attack, held_out_scores, standardised
from analysis.style.metrics import style_metrics
from analysis.style.wording import hashed_runs, principal_scores, weighted
from study.blinding.normalise import normalise_text
from tests.analysis.style.prose import Dress, answers, bold_and_curly, listed, straight


def _features(texts: list[str], machine: str) -> np.ndarray:
    if machine == "wording":
        return principal_scores(weighted(np.array([hashed_runs(text) for text in texts], float)))
    return np.array([astuple(style_metrics(text)) for text in texts])


def _attack(texts: list[str], models: np.ndarray, names: np.ndarray, machine: str = "figures") -> Attack:
    features, rng = _features(texts, machine), np.random.default_rng(1)
    return attack(features, models, names, standardise=machine == "figures", rng=rng, draws=199)


def _both(model: Dress, resident: Dress, machine: str) -> tuple[Attack, Attack]:
    """Before and after normalising."""
    texts, models, names = answers(np.random.default_rng(4), model=model, resident=resident)
    sealed = [normalise_text(text) for text in texts]
    return _attack(texts, models, names, machine), _attack(sealed, models, names, machine)


@pytest.mark.parametrize("machine", ["figures", "wording"])
def test_the_same_style_in_both_arms_is_told_by_chance_alone(machine: str) -> None:
    found = [_attack(*answers(np.random.default_rng([9, i])), machine) for i in range(20)]
    assert np.mean([each.auc for each in found]) == pytest.approx(0.5, abs=0.06)
    assert np.mean([each.accuracy for each in found]) == pytest.approx(0.5, abs=0.05)
    covered = sum(low <= 0.5 <= high for each in found for low, high in [each.auc_interval])
    assert covered >= 17


@pytest.mark.parametrize("machine", ["figures", "wording"])
def test_markup_and_curly_quotes_are_told_before_normalising_and_not_after(machine: str) -> None:
    before, after = _both(bold_and_curly, straight, machine)
    assert before.auc > 0.9
    assert before.accuracy > 0.8
    assert after.auc < 0.75
    assert after.auc_interval[0] < 0.5 < before.auc_interval[0]


def test_an_em_dash_is_told_before_normalising_and_not_after_where_others_type_a_hyphen() -> None:
    before, after = _both(lambda text: f"{text} Stop — now.", lambda text: f"{text} Stop - now.", "figures")
    assert before.auc == 1
    assert after.auc < 0.75


def test_lists_that_one_side_alone_writes_are_told_after_normalising_too() -> None:
    before, after = _both(listed, str, "figures")
    assert before.auc == after.auc == 1
    assert after.right == (20, 40)


def test_the_subject_of_a_vignette_does_not_count_as_style() -> None:
    texts, models, names = answers(np.random.default_rng(6))
    same = [f"{name} {text}" for name, text in zip(names, texts, strict=True)]
    assert _attack(same, models, names, "wording").auc == pytest.approx(0.5, abs=0.25)


def test_no_fit_saw_the_vignette_that_it_scores() -> None:
    rng = np.random.default_rng(8)
    features, models = rng.standard_normal((30, 4)), np.arange(30) % 3 == 0
    names = np.array([f"v{i // 3:02d}" for i in range(30)])
    scores = held_out_scores(features, models, names, standardise=True)
    other = models.copy()
    other[:3] = [False, True, False]
    changed = held_out_scores(features, other, names, standardise=True)
    assert (scores[:3] == changed[:3]).all()
    assert (scores[3:] != changed[3:]).all()


def test_equal_texts_tie_and_count_one_half() -> None:
    _, models, names = answers(np.random.default_rng(5), vignettes=8)
    found = _attack(["The same words."] * 24, models, names)
    assert (found.told, found.pairs, found.auc, found.accuracy) == (8, 16, 0.5, 0.5)


def test_few_responses_or_few_shared_vignettes_are_not_estimable() -> None:
    texts, models, names = answers(np.random.default_rng(5), vignettes=4)
    assert _attack(texts, models, names) == Attack((4, 8), 4, 8, reason=TOO_FEW)
    texts, models, names = answers(np.random.default_rng(5), vignettes=6)
    apart = np.where(models, np.char.add("m", names), names)
    assert _attack(texts, models, apart).reason == TOO_FEW_VIGNETTES


def test_the_order_of_rows_and_the_side_that_is_called_the_model_change_nothing_but_the_sign() -> None:
    texts, models, names = answers(np.random.default_rng(12))
    features = _features(texts, "figures")
    turn = np.random.default_rng(0).permutation(len(texts))
    scores = held_out_scores(features, models, names, standardise=True)
    assert held_out_scores(features[turn], models[turn], names[turn], standardise=True) == pytest.approx(
        scores[turn], abs=1e-6
    )
    assert held_out_scores(features, ~models, names, standardise=True) == pytest.approx(-scores, abs=1e-6)


def test_a_missing_figure_takes_the_mean_and_a_constant_one_says_nothing() -> None:
    train = np.array([[1.0, 5.0, np.nan], [3.0, 5.0, np.nan], [np.nan, 5.0, np.nan]])
    first, second = standardised(train, np.array([[4.0, 6.0, 1.0]]))
    assert first == pytest.approx(np.array([[-1, 0, 0], [1, 0, 0], [0, 0, 0]]))
    assert second == pytest.approx(np.array([[2, 0, 0]]))


def test_principal_scores_keep_every_inner_product() -> None:
    texts = (*answers(np.random.default_rng(3), 5)[0], "", "ab")
    rows = weighted(np.array([hashed_runs(text) for text in texts], float))
    centred = rows - rows.mean(axis=0)
    scores = principal_scores(rows)
    assert scores @ scores.T == pytest.approx(centred @ centred.T, abs=1e-9)


def test_runs_are_counted_once_each_and_depend_on_case_and_line_ends() -> None:
    assert hashed_runs("abcd").sum() == 2
    assert hashed_runs("ab").sum() == 0
    different = {tuple(hashed_runs(text)) for text in ("a b c", "A b c", "a\nb c", "a b—c")}
    assert len(different) == 4
