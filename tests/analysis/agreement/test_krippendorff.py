"""Krippendorff's alpha, its metrics and its bootstrap."""

import itertools

import numpy as np
import pytest

from analysis.agreement.krippendorff import bootstrap_alpha, krippendorff_alpha

METRICS = ("nominal", "ordinal", "interval", "ratio")


def _by_pairs(scores, distance):
    """Alpha by its definition: mean distance within units over mean distance of all pairable values."""
    units = [row[np.isfinite(row)] for row in scores if np.isfinite(row).sum() >= 2]
    values = np.concatenate(units)
    n = len(values)
    within = sum(
        distance(a, b) / (len(unit) - 1) for unit in units for a, b in itertools.permutations(unit, 2)
    )
    among = sum(distance(a, b) for a, b in itertools.permutations(values, 2)) / (n - 1)
    return 1 - within / among


@pytest.fixture
def scores(rng):
    """Forty units by four raters on 1 to 5, every tenth score missing."""
    table = np.clip(np.rint(3 + rng.normal(size=(40, 1)) + 0.7 * rng.normal(size=(40, 4))), 1, 5)
    table[rng.random(table.shape) < 0.1] = np.nan
    return table


@pytest.mark.parametrize(
    ("metric", "distance"),
    [
        ("nominal", lambda a, b: float(a != b)),
        ("interval", lambda a, b: (a - b) ** 2),
        ("ratio", lambda a, b: ((a - b) / (a + b)) ** 2),
    ],
)
def test_alpha_is_its_definition_by_pairs(scores, metric, distance):
    assert krippendorff_alpha(scores, metric).estimate == pytest.approx(_by_pairs(scores, distance))


def test_the_ordinal_metric_counts_the_values_in_between(scores):
    used = scores[np.isfinite(scores).sum(axis=1) >= 2]
    totals = {value: int((used == value).sum()) for value in range(1, 6)}

    def distance(a, b):
        low, high = sorted((int(a), int(b)))
        between = sum(totals[value] for value in range(low, high + 1))
        return (between - (totals[low] + totals[high]) / 2) ** 2

    assert krippendorff_alpha(scores).estimate == pytest.approx(_by_pairs(scores, distance))


@pytest.mark.parametrize("metric", METRICS)
def test_a_single_category_is_not_estimable(metric):
    assert krippendorff_alpha(np.full((4, 3), 4.0), metric).reason == "all scores are equal"


def test_units_with_one_score_are_left_out():
    scores = np.array([[1.0, 2.0], [3.0, np.nan], [4.0, 4.0], [2.0, 3.0]])
    found = krippendorff_alpha(scores)
    assert (found.units, found.scores) == (3, 6)


@pytest.mark.parametrize("scores", [np.array([[1.0, np.nan], [np.nan, 2.0]]), np.empty((0, 0))])
def test_no_unit_with_two_scores_gives_no_alpha(scores):
    assert krippendorff_alpha(scores).reason == "no response has two scores"


def test_ratio_metric_takes_two_zeros_as_equal():
    scores = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    assert krippendorff_alpha(scores, "ratio").estimate == 1.0


@pytest.mark.parametrize("metric", METRICS)
def test_the_bootstrap_keeps_the_estimate_and_brackets_it(rng, scores, metric):
    clusters = np.arange(40) % 20
    found = bootstrap_alpha(scores, clusters, rng=rng, metric=metric, draws=999)
    assert found.estimate == krippendorff_alpha(scores, metric).estimate
    assert found.interval[0] < found.estimate < found.interval[1]
    assert (found.clusters, found.draws) == (20, 999)


def test_a_resample_is_the_alpha_of_the_repeated_clusters(scores, first_twice_second_never):
    clusters = np.arange(40) % 20
    found = bootstrap_alpha(scores, clusters, rng=first_twice_second_never, draws=3)
    repeated = np.concatenate([scores[clusters == each] for each in (0, 0, *range(2, 20))])
    assert found.interval[0] == pytest.approx(krippendorff_alpha(repeated).estimate)


def test_the_same_seed_gives_the_same_limits(scores):
    clusters = np.arange(40) % 20
    one, two = (
        bootstrap_alpha(scores, clusters, rng=np.random.default_rng(5), draws=200).interval for _ in range(2)
    )
    assert one == two


def test_one_cluster_gives_no_limits_and_says_so(rng, scores):
    found = bootstrap_alpha(scores, np.zeros(40), rng=rng)
    assert found.interval is None
    assert found.reason == "fewer than 2 clusters to resample"


def test_resamples_without_variation_are_counted_out(rng):
    scores = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 2.0]])
    found = bootstrap_alpha(scores, np.arange(3), rng=rng, draws=500)
    assert 0 < found.draws < 500
