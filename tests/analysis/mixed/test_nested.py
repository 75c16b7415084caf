from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from analysis.mixed import crossproducts, elimination, tables
from analysis.mixed.contrasts import contrast_test
from analysis.mixed.crossproducts import CrossProducts
from analysis.mixed.linear import fit_linear_mixed

VIGNETTES, SIDES, RATERS = 8, 3, 4
RATIOS = {"response": 0.7, "vignette": 0.3, "rater": 0.2}


@pytest.fixture
def always(monkeypatch):
    monkeypatch.setattr(crossproducts, "LEAST_SAVED", 0)


@pytest.fixture
def large(always, monkeypatch):
    monkeypatch.setattr(tables, "DENSE_CELLS", 0)
    monkeypatch.setattr(elimination, "DENSE_GRAMS", 0)


def _setting(vignettes=VIGNETTES, missing=(), seed=0):
    vignette, side, rater = (place.ravel() for place in np.indices((vignettes, SIDES, RATERS)))
    rng = np.random.default_rng(seed)
    drawn = rng.random(len(rater)) < 0.9
    codes = {"vignette": vignette, "rater": rater, "response": vignette * SIDES + side}
    codes = {name: np.asarray(code)[drawn] for name, code in codes.items()}
    columns = np.column_stack([np.ones(drawn.sum()), side[drawn] == 0, rng.standard_normal(drawn.sum())])
    for name in missing:
        codes[name] = np.where(rng.random(drawn.sum()) < 0.3, -1, codes[name])
    return columns, {name: pd.factorize(np.where(c < 0, None, c))[0] for name, c in codes.items()}


def _dense(base, columns, codes, ratios):
    z = [np.equal.outer(codes[name], np.arange(codes[name].max() + 1)).astype(float) for name in base.names]
    h = np.linalg.inv(np.eye(base.n) + sum(ratio * a @ a.T for ratio, a in zip(ratios, z, strict=True)))
    products = [[a.T @ h @ b for b in z] for a in z]
    return -np.linalg.slogdet(h)[1], columns.T @ h @ columns, products, [a.T @ h @ columns for a in z]


def _agree(columns, codes, zero=()):
    base = CrossProducts(columns, codes)
    ratios = np.array([0.0 if name in zero else RATIOS[name] for name in base.names])
    found = base.project(ratios)
    log_determinant, fixed, products, loads = _dense(base, columns, codes, ratios)
    assert found.log_determinant == pytest.approx(log_determinant)
    assert found.fixed == pytest.approx(fixed)
    for i, (load, row) in enumerate(zip(base.loads(found), products, strict=True)):
        assert load == pytest.approx(loads[i])
        assert found.traces[i] == pytest.approx(np.trace(row[i]))
        assert found.first[i] == pytest.approx(loads[i].T @ loads[i])
        for j, block in enumerate(row):
            assert found.squares[i, j] == pytest.approx(np.sum(block**2))
            assert found.second[i, j] == pytest.approx(loads[i].T @ block @ loads[j])
    return base


@pytest.mark.parametrize("zero", [(), ("vignette",), ("response",), ("response", "rater"), tuple(RATIOS)])
@pytest.mark.parametrize("missing", [(), ("vignette",), ("response", "rater"), tuple(RATIOS)])
def test_every_product_of_a_nested_design_equals_the_one_of_dense_matrices(always, missing, zero):
    assert _agree(*_setting(missing=missing), zero).h == 2


@pytest.mark.parametrize("missing", [(), tuple(RATIOS)])
def test_large_nested_tables_give_the_same_products(large, missing):
    assert _agree(*_setting(missing=missing)).h == 2


def test_a_factor_and_the_one_around_it_need_no_other(always):
    columns, codes = _setting()
    del codes["rater"]
    assert _agree(columns, codes).levels == 0


def test_the_nested_factor_may_have_fewer_levels_than_the_one_around_it(always):
    columns, codes = _setting()
    codes["response"] = np.where(codes["vignette"] < 2, codes["response"], -1)
    base = _agree(columns, codes)
    assert (base.names, base.sizes) == (("response", "vignette", "rater"), [6, 8, 4])


def test_a_design_nested_in_all_but_one_row_takes_the_general_path(always):
    columns, codes = _setting()
    codes["vignette"][0] = VIGNETTES - 1
    base = _agree(columns, codes)
    assert (base.h, base.names[0], base.levels) == (1, "response", VIGNETTES + RATERS)


def test_only_the_raters_stay_dense_with_many_nested_responses():
    base = CrossProducts(*_setting(vignettes=5_000))
    assert (base.names, base.levels) == (("response", "vignette", "rater"), RATERS)


def test_a_fit_does_not_depend_on_the_order_of_nested_factors_nor_on_how_they_are_eliminated(monkeypatch):
    columns, codes = _setting(vignettes=80)
    rng = np.random.default_rng(1)
    y = columns[:, 2] + sum(rng.standard_normal(code.max() + 1)[code] for code in codes.values())
    found = []
    for least in (60, 10_000):
        monkeypatch.setattr(crossproducts, "LEAST_SAVED", least)
        for names in permutations(codes):
            fit = fit_linear_mixed(y, columns[:, :2], {name: codes[name] for name in names})
            test = contrast_test(fit, [0.0, 1.0])
            modes = np.concatenate([fit.conditional_modes()[name] for name in RATIOS])
            found.append([*(fit.variances[name] for name in RATIOS), fit.criterion, test.se, test.df, *modes])
    assert np.array(found) == pytest.approx(np.tile(found[0], (len(found), 1)), rel=1e-8, abs=1e-10)
