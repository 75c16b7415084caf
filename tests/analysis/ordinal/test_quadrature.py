"""Gauss-Hermite quadrature and its gradient."""

import numpy as np
import pytest
from scipy import integrate, special

from analysis.ordinal.laplace import Laplace
from analysis.ordinal.links import LINKS
from analysis.ordinal.quadrature import Quadrature
from analysis.ordinal.rows import build_rows
from analysis.ordinal.thresholds import threshold_structure
from tests.analysis.ordinal.data import crossed, slope_of

AT = np.array([-2.2, -0.8, 0.7, 2.4, 0.5, 0.9])


def _rows(missing=False):
    data = crossed(n=120, a=(9, 0.9))
    labels = data["a"].where(data.index > 20) if missing else data["a"]
    return build_rows(data["score"], data[["x"]], {"a": labels}, x_names=("x",))


def _model(rows, link, nodes, adaptive=True):
    return Quadrature(rows, LINKS[link], threshold_structure(rows.categories), nodes, adaptive=adaptive)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("nodes", [1, 2, 7])
@pytest.mark.parametrize("adaptive", [True, False])
def test_the_gradient_agrees_with_differences(link, nodes, adaptive):
    model = _model(_rows(missing=True), link, nodes, adaptive)
    gradient = model.evaluate(AT)[1]
    assert gradient == pytest.approx(slope_of(lambda v: model.evaluate(v)[0], AT), abs=1e-4)


def test_one_node_is_the_laplace_approximation():
    rows = _rows()
    laplace = Laplace(rows, LINKS["logit"], threshold_structure(rows.categories)).evaluate(AT)
    value, gradient = _model(rows, "logit", 1).evaluate(AT)
    assert value == pytest.approx(laplace[0], abs=1e-9)
    assert gradient == pytest.approx(laplace[1], abs=1e-7)


def _integrated(rows):
    """The likelihood level by level, by general numerical integration."""
    cuts = np.concatenate([[-np.inf], AT[:4], [np.inf]])
    total = 0.0
    for level in range(len(rows.factors[0].levels)):
        own = rows.factors[0].codes == level
        weight = np.ones(own.sum()) if rows.weight is None else rows.weight[own]

        def density(u, own=own, weight=weight):
            eta = rows.x[own] @ AT[4:5] + AT[5] * u
            chance = special.expit(cuts[rows.category[own] + 1] - eta)
            chance = chance - special.expit(cuts[rows.category[own]] - eta)
            return np.exp(np.log(chance) @ weight - u * u / 2) / np.sqrt(2 * np.pi)

        total -= np.log(integrate.quad(density, -8, 8, epsabs=0, epsrel=1e-11)[0])
    return total


def test_many_nodes_agree_with_numerical_integration():
    rows = _rows()
    assert _model(rows, "logit", 30).evaluate(AT)[0] == pytest.approx(_integrated(rows), abs=1e-8)
