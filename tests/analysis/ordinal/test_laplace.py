"""The Laplace approximation and its gradient against brute force."""

import numpy as np
import pytest
from scipy import optimize, special

from analysis.ordinal import pairs
from analysis.ordinal.laplace import InfeasibleError, Laplace
from analysis.ordinal.links import LINKS
from analysis.ordinal.rows import build_rows
from analysis.ordinal.thresholds import threshold_structure
from tests.analysis.ordinal.data import crossed, slope_of

AT = np.array([-2.2, -0.8, 0.7, 2.4, 0.5, 0.7, 0.4, 0.6])


def _model(link="logit", kind="flexible", **options):
    data = crossed(n=200, a=(4, 0.8), b=(12, 0.6), c=(7, 0.5))
    factors = {"a": data["a"], "b": data["b"], "c": data["c"].where(data["x"] == 1)}
    rows = build_rows(data["score"], data[["x"]], factors, x_names=("x",), **options)
    return Laplace(rows, LINKS[link], threshold_structure(rows.categories, kind)), rows


def _dense_value(rows):
    """The same from dense matrices, a general optimiser and numerical second derivatives."""
    indicators = [np.equal.outer(f.codes, range(len(f.levels))).astype(float) for f in rows.factors]
    z = np.hstack([sd * m for sd, m in zip(AT[5:], indicators, strict=True)])
    cuts = np.concatenate([[-np.inf], AT[:4], [np.inf]])

    def joint(u):
        eta = rows.x @ AT[4:5] + z @ u
        upper, lower = cuts[rows.category + 1] - eta, cuts[rows.category] - eta
        return u @ u / 2 - np.log(special.expit(upper) - special.expit(lower)).sum()

    mode = optimize.minimize(joint, np.zeros(z.shape[1]), method="BFGS", options={"gtol": 1e-7}).x
    step = np.eye(len(mode)) * 1e-3
    hessian = [(slope_of(joint, mode + s, 1e-3) - slope_of(joint, mode - s, 1e-3)) / 2e-3 for s in step]
    return joint(mode) + np.linalg.slogdet(hessian)[1] / 2


def test_the_value_agrees_with_a_dense_computation():
    model, rows = _model()
    assert model.evaluate(AT)[0] == pytest.approx(_dense_value(rows), abs=1e-5)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("kind", ["flexible", "symmetric"])
def test_the_gradient_agrees_with_differences(link, kind):
    model, _ = _model(link, kind)
    at = AT if kind == "flexible" else np.delete(AT, 3)
    at[:2] = (-2.2, -0.8) if kind == "flexible" else (-0.8, 0.7)
    gradient = model.evaluate(at)[1]
    assert gradient == pytest.approx(slope_of(lambda v: model.evaluate(v)[0], at), abs=1e-4)


def test_a_standard_deviation_of_zero_is_an_ordinary_point():
    model, _ = _model()
    at = AT.copy()
    at[6] = 0
    value, gradient = model.evaluate(at)
    near = at.copy()
    near[6] = 1e-4
    assert gradient[6] == 0
    assert model.evaluate(near)[0] == pytest.approx(value, abs=1e-5)


def test_the_sign_of_a_standard_deviation_is_without_meaning():
    model, _ = _model()
    flipped = AT * np.array([1, 1, 1, 1, 1, -1, 1, -1])
    assert model.evaluate(flipped)[0] == pytest.approx(model.evaluate(AT)[0], abs=1e-9)


def test_thresholds_out_of_order_are_infeasible():
    model, _ = _model()
    with pytest.raises(InfeasibleError):
        model.evaluate(AT[[1, 0, 2, 3, 4, 5, 6, 7]])


def test_sparse_and_dense_tables_of_pairs_give_the_same_gradient(monkeypatch):
    dense = _model()[0].evaluate(AT)
    monkeypatch.setattr(pairs, "DENSE_CELLS", 10)
    sparse = _model()[0].evaluate(AT)
    assert sparse[0] == pytest.approx(dense[0], abs=1e-10)
    assert sparse[1] == pytest.approx(dense[1], abs=1e-9)


def test_merged_rows_give_the_same_likelihood():
    data = crossed(n=300, a=(3, 0.8), b=(4, 0.6))
    factors = {"a": data["a"], "b": data["b"]}
    merged = build_rows(data["score"], data[["x"]], factors, x_names=("x",))
    jitter = np.column_stack([data["x"], np.arange(300.0)])
    whole = build_rows(data["score"], jitter, factors, x_names=("x", "i"))
    structure = threshold_structure(merged.categories)
    at = np.array([-2.2, -0.8, 0.7, 2.4, 0.5, 0.7, 0.4])
    value, gradient = Laplace(merged, LINKS["logit"], structure).evaluate(at)
    other = Laplace(whole, LINKS["logit"], structure).evaluate(np.insert(at, 5, 0.0))
    assert len(merged.category) < len(whole.category)
    assert value == pytest.approx(other[0], abs=1e-9)
    assert gradient == pytest.approx(np.delete(other[1], 5), abs=1e-8)
