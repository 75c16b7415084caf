"""Nested random intercepts, taken apart factor by factor, against the dense precision matrix."""

import numpy as np
import pytest

from analysis.ordinal import nesting, pairs
from analysis.ordinal.blocks import Crossing, NotPositiveError
from analysis.ordinal.laplace import Laplace
from analysis.ordinal.links import LINKS
from analysis.ordinal.rows import NO_EFFECT, Factor, build_rows
from analysis.ordinal.thresholds import threshold_structure
from tests.analysis.ordinal.data import crossed, slope_of

AT = np.array([-2.2, -0.8, 0.7, 2.4, 0.5, 0.7, 0.4, 0.6, 0.3])
SD = np.array([0.7, 0.4, 0.6, 0.3])


@pytest.fixture
def always(monkeypatch):
    """Take nested factors apart however few levels there are."""
    monkeypatch.setattr(nesting, "FEW_LEVELS", 0)


def _factor(name, codes):
    """A factor without empty levels."""
    codes = np.asarray(codes)
    levels, own = np.unique(codes[codes != NO_EFFECT], return_inverse=True)
    full = np.full(len(codes), NO_EFFECT)
    full[codes != NO_EFFECT] = own
    return Factor(name, tuple(map(str, levels)), full)


def _factors(missing=True, crossing_row=False):
    """Responses in vignettes in centres, crossed with raters; some rows carry no response or vignette."""
    rng = np.random.default_rng(3)
    response, rater = rng.integers(0, 40, 300), rng.integers(0, 4, 300)
    vignette = response // 4
    centre = vignette // 3
    if crossing_row:
        vignette[0] = (vignette[0] + 1) % 10
    if missing:
        response = np.where(rng.random(300) < 0.2, NO_EFFECT, response)
        vignette = np.where(rng.random(300) < 0.2, NO_EFFECT, vignette)
    labels = {"rater": rater, "vignette": vignette, "centre": centre, "response": response}
    return tuple(_factor(name, codes) for name, codes in labels.items())


def _dense(factors, crossing, weight, spread):
    """The rows' indicators times the standard deviations, and the precision matrix, in the same order."""
    ordered = [factors[i] for i in crossing.order]
    indicators = [np.equal.outer(f.codes, range(len(f.levels))).astype(float) for f in ordered]
    z = np.hstack(indicators) * spread
    return z, np.eye(z.shape[1]) + z.T @ (weight[:, None] * z)


def _both(factors):
    crossing, rng = Crossing(factors), np.random.default_rng(5)
    weight, spread = rng.random(len(factors[0].codes)), crossing.spread(SD[: len(factors)])
    return crossing, crossing.precision(weight, spread), *_dense(factors, crossing, weight, spread)


CHAINS = {
    "three nested": (_factors(), 3),
    "three nested, sparse": (_factors(), 3),
    "nothing but nested": (_factors()[1:], 3),
    "no row without an effect": (_factors(missing=False), 3),
    "nested in all but one row": (_factors(missing=False, crossing_row=True), 2),
}


@pytest.fixture(params=CHAINS)
def case(request, always, monkeypatch):
    """A design by both ways, and how many factors are eliminated."""
    if "sparse" in request.param:
        monkeypatch.setattr(pairs, "DENSE_CELLS", 1)
    factors, eliminated = CHAINS[request.param]
    return *_both(factors), eliminated


def test_factors_are_eliminated_as_far_as_they_are_nested(case):
    crossing, *_, eliminated = case
    assert crossing.first == sum(crossing.sizes[:eliminated])


def test_solutions_and_determinant_are_those_of_the_dense_matrix(case):
    _, precision, _, dense, _ = case
    right = np.random.default_rng(1).standard_normal(len(dense))
    assert precision.solve(right) == pytest.approx(np.linalg.solve(dense, right), abs=1e-12)
    assert precision.log_determinant == pytest.approx(np.linalg.slogdet(dense)[1], abs=1e-10)


def test_variances_are_those_of_the_dense_inverse(case):
    crossing, precision, z, dense, _ = case
    inverse = np.linalg.inv(dense)
    spread = crossing.spread(SD[: len(crossing.order)])
    assert precision.inverse_diagonal == pytest.approx(np.diag(inverse), abs=1e-12)
    assert crossing.variances(precision, spread) == pytest.approx(np.diag(z @ inverse @ z.T), abs=1e-12)


def test_shrinkage_products_are_those_of_the_dense_inverse(case):
    crossing, precision, _, dense, _ = case
    shrunk = np.square(np.eye(len(dense)) - np.linalg.inv(dense))
    edges = crossing.starts[:-1]
    expected = np.add.reduceat(np.add.reduceat(shrunk, edges, axis=0), edges, axis=1)
    assert precision.shrinkage_products(crossing.starts) == pytest.approx(expected, abs=1e-10)


def test_a_factor_that_two_nested_levels_join_is_not_eliminated(always):
    # Each response meets one resident, but the two responses of a vignette meet different ones.
    labels = {"response": [0, 1, 2, 3], "vignette": [0, 0, 1, 1], "resident": [0, 1, 1, 0]}
    crossing = Crossing(tuple(_factor(name, codes) for name, codes in labels.items()))
    assert crossing.sizes == [4, 2, 2]
    assert crossing.first == 6


def test_few_levels_are_not_taken_apart():
    assert Crossing(_factors()).first == 40


def test_negative_pivots_are_refused(always):
    factors = _factors()
    crossing = Crossing(factors)
    with pytest.raises(NotPositiveError):
        crossing.precision(np.full(300, -5.0), crossing.spread(SD))


def _model():
    factors = _factors()
    data = crossed(n=300, centre=(4, 0.6))
    columns = {f.name: np.where(f.codes < 0, None, f.codes.astype(object)) for f in factors}
    rows = build_rows(data["score"], data[["x"]], columns, x_names=("x",))
    return Laplace(rows, LINKS["logit"], threshold_structure(rows.categories))


def test_the_likelihood_is_the_same_with_and_without_nesting(monkeypatch):
    plain = _model().evaluate(AT)
    monkeypatch.setattr(nesting, "FEW_LEVELS", 0)
    model = _model()
    nested = model.evaluate(AT)
    assert model.crossing.first > 40
    assert nested[0] == pytest.approx(plain[0], abs=1e-10)
    assert nested[1] == pytest.approx(plain[1], abs=1e-9)


def test_the_gradient_of_a_nested_design_agrees_with_differences(always):
    model = _model()
    gradient = model.evaluate(AT)[1]
    assert gradient == pytest.approx(slope_of(lambda v: model.evaluate(v)[0], AT), abs=1e-4)


def test_the_starting_curvature_is_the_same_with_and_without_nesting(monkeypatch):
    plain = _model().start_curvature(AT)
    monkeypatch.setattr(nesting, "FEW_LEVELS", 0)
    assert _model().start_curvature(AT) == pytest.approx(plain, rel=1e-9, abs=1e-9)
