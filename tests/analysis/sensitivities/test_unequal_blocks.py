"""Many tables at once agree with the general mixed model, at the boundary too."""

import numpy as np
import pytest

from analysis.mixed.contrasts import contrast_test
from analysis.mixed.linear import fit_linear_mixed
from analysis.sensitivities.unequal_blocks import unequal_blocks

SIZES = [3, 1, 2, 2, 1, 4]
DEVIATIONS = [(0.5, 0.4, 0.3, 0.6), (0, 0, 0, 1), (1, 0.2, 0.8, 0.3), (0, 0.6, 0, 0.5), (0.6, 0, 0.2, 0.5)]


def _tables(seed, deviations, raters=4, tables=3):
    rng = np.random.default_rng(seed)
    blocks = np.repeat(np.arange(len(SIZES)), SIZES)
    block, vignette, rater, residual = deviations
    shape = (tables, len(blocks), raters)
    values = rng.normal(0, block, (tables, len(SIZES)))[:, blocks][:, :, None]
    values = values + rng.normal(0, vignette, shape[:2])[:, :, None]
    values = values + rng.normal(0, rater, (tables, 1, raters)) + rng.normal(0, residual, shape)
    return np.round(values * 4) / 4, np.tile(blocks, (tables, 1))


@pytest.mark.parametrize("deviations", DEVIATIONS)
@pytest.mark.parametrize("seed", [1, 2])
def test_estimate_error_and_degrees_are_those_of_the_general_model(deviations, seed):
    tables, blocks = _tables(seed, deviations)
    found = unequal_blocks(tables, blocks)
    n, raters = tables.shape[1:]
    factors = {
        "block": np.repeat(blocks[0], raters),
        "vignette": np.repeat(np.arange(n), raters),
        "rater": np.tile(np.arange(raters), n),
    }
    for i, table in enumerate(tables):
        fit = fit_linear_mixed(table.ravel(), np.ones((n * raters, 1)), factors)
        test = contrast_test(fit, [1.0])
        assert found.estimate[i] == pytest.approx(test.estimate, abs=1e-8)
        assert found.se[i] == pytest.approx(test.se, rel=1e-6)
        assert found.df[i] == pytest.approx(test.df, rel=1e-5)
        assert found.block[i] == pytest.approx(fit.variances["block"], abs=1e-6)
        assert found.residual[i] == pytest.approx(fit.variances["residual"], rel=1e-6)


def test_tables_do_not_influence_each_other():
    tables, blocks = _tables(4, DEVIATIONS[0])
    together, alone = unequal_blocks(tables, blocks), unequal_blocks(tables[1:2], blocks[1:2])
    assert alone.se[0] == pytest.approx(together.se[1], rel=1e-12)


@pytest.mark.parametrize("value", [0.0, 2.0])
def test_a_table_without_variation_is_not_estimable(value):
    tables, blocks = _tables(4, DEVIATIONS[0])
    tables[1] = value
    found = unequal_blocks(tables, blocks)
    assert np.isnan(found.se).tolist() == [False, True, False]
