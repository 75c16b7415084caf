"""Chance for the tests of agreement."""

import numpy as np
import pytest


@pytest.fixture
def rng():
    """A generator with a fixed seed."""
    return np.random.default_rng(20_260_701)


@pytest.fixture
def first_twice_second_never():
    """A generator whose every resample has the first cluster twice and the second not at all."""

    class Fixed:
        @staticmethod
        def multinomial(clusters, shares, size):
            assert clusters == len(shares)
            return np.tile([2, 0, *[1] * (clusters - 2)], (size, 1))

    return Fixed()
