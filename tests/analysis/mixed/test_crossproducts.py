"""Products with the inverse covariance against dense matrices, and derivatives against differences."""

import numpy as np
import pytest

from analysis.mixed import elimination, tables
from analysis.mixed.crossproducts import CrossProducts
from analysis.mixed.information import expected_information
from analysis.mixed.likelihood import Likelihood, component_fixed, profiled, residual_fixed

ROWS = 60


def _setting(sizes, missing, seed=0):
    rng = np.random.default_rng(seed)
    codes = {
        f"f{i}": np.concatenate([np.arange(size), rng.integers(-int(missing), size, ROWS - size)])
        for i, size in enumerate(sizes)
    }
    columns = np.column_stack([np.ones(ROWS), rng.standard_normal((ROWS, 2))])
    return columns, codes


def _dense(base, codes, ratios):
    z = [np.equal.outer(codes[name], np.arange(codes[name].max() + 1)).astype(float) for name in base.names]
    h = np.linalg.inv(np.eye(ROWS) + sum(ratio * a @ a.T for ratio, a in zip(ratios, z, strict=True)))
    return z, h


@pytest.mark.parametrize("zero", [(), (0,), (-1,), (0, -1)])
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("sizes", [[7], [7, 5], [9, 4, 6], [3, 12, 5, 4]])
def test_every_product_equals_the_one_of_dense_matrices(sizes, missing, zero):
    columns, codes = _setting(sizes, missing)
    base = CrossProducts(columns, codes)
    ratios = np.linspace(0.2, 1.5, len(sizes))
    ratios[list(zero)] = 0
    found = base.project(ratios)
    z, h = _dense(base, codes, ratios)
    loads = base.loads(found)
    assert found.log_determinant == pytest.approx(-np.linalg.slogdet(h)[1])
    assert found.fixed == pytest.approx(columns.T @ h @ columns)
    for i, a in enumerate(z):
        assert loads[i] == pytest.approx(a.T @ h @ columns)
        assert found.traces[i] == pytest.approx(np.trace(a.T @ h @ a))
        assert found.first[i] == pytest.approx(loads[i].T @ loads[i])
        for j, b in enumerate(z):
            block = a.T @ h @ b
            assert found.squares[i, j] == pytest.approx(np.sum(block**2))
            assert found.second[i, j] == pytest.approx(loads[i].T @ block @ loads[j])


def test_sparse_tables_give_the_same_products(monkeypatch):
    columns, codes = _setting([9, 4, 6], missing=True)
    ratios = np.array([0.3, 0.7, 0.1])
    dense = CrossProducts(columns, codes).project(ratios)
    monkeypatch.setattr(tables, "DENSE_CELLS", 0)
    monkeypatch.setattr(elimination, "DENSE_GRAMS", 0)
    base = CrossProducts(columns, codes)
    found = base.project(ratios)
    for name in ("fixed", "traces", "squares", "first", "second", "tail_loads", "solved"):
        assert getattr(found, name) == pytest.approx(getattr(dense, name))
    assert base.loads(found)[0] == pytest.approx(CrossProducts(columns, codes).loads(dense)[0])


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("objective", [profiled, residual_fixed(0.7), component_fixed(1, 0.3)])
def test_gradient_and_hessian_are_those_of_the_value(objective, reml):
    columns, codes = _setting([9, 4, 6], missing=True)
    likelihood = Likelihood(CrossProducts(columns, codes), reml)
    ratios, step = np.array([0.3, 0.5, 0.1]), 1e-5
    _, gradient, hessian = objective(likelihood.at(ratios))
    sides = [[objective(likelihood.at(ratios + sign * row)) for sign in (1, -1)] for row in step * np.eye(3)]
    assert gradient == pytest.approx([(up[0] - down[0]) / 2 / step for up, down in sides], abs=1e-5)
    assert hessian == pytest.approx(
        np.array([(up[1] - down[1]) / 2 / step for up, down in sides]), abs=1e-5, rel=1e-5
    )


def test_the_information_of_the_residual_follows_from_that_of_the_factors():
    columns, codes = _setting([9, 4], missing=True)
    base, ratios = CrossProducts(columns, codes), np.array([0.4, 0.2])
    z, h = _dense(base, codes, ratios)
    x = columns[:, :2]
    p = h - h @ x @ np.linalg.solve(x.T @ h @ x, x.T @ h)
    g = [*(a @ a.T for a in z), np.eye(ROWS)]
    wanted = [[np.trace(p @ a @ p @ b) for b in g] for a in g]
    assert expected_information(Likelihood(base, reml=True).at(ratios)) == pytest.approx(np.array(wanted))
