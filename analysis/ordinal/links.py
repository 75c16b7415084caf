"""Probability of one category of a cumulative link model, and its derivatives, accurate in both tails.

With upper and lower limits ``a = theta_k - eta`` and ``c = theta_(k-1) - eta`` the probability of category k
is ``P = F(a) - F(c)``. Every function takes arrays of limits, with infinities at the outer categories.

References
----------
McCullagh P (1980). Regression models for ordinal data. Journal of the Royal Statistical Society B 42:109-142.
doi:10.1111/j.2517-6161.1980.tb01109.x
"""

from typing import NamedTuple, Protocol

import numpy as np
from scipy import special

from analysis.estimate import Array

# exp of a larger number overflows; probabilities beyond are 0 or 1 to double precision.
_LARGE = 300.0
_LOG_ROOT_TWO_PI = 0.5 * np.log(2 * np.pi)


class InEta(NamedTuple):
    """Log-probability, its slope in eta and its negative curvature in eta."""

    log_p: Array
    slope: Array
    weight: Array


class InLimits(NamedTuple):
    """Derivatives in the limits: of log P, of the slope in eta, and of the weight."""

    upper: Array
    lower: Array
    slope_upper: Array
    slope_lower: Array
    weight_upper: Array
    weight_lower: Array


class Link(Protocol):
    """A distribution function with the derivatives that a fit needs."""

    def in_eta(self, a: Array, c: Array) -> InEta:
        """Log-probability and its first two derivatives in eta."""
        ...

    def in_limits(self, a: Array, c: Array) -> InLimits:
        """First, second and third derivatives that involve a limit."""
        ...

    def below(self, limit: Array) -> Array:
        """F(limit)."""
        ...


def _log_one_minus_exp(x: Array) -> Array:
    """log(1 - exp(-x)) for x > 0."""
    return np.asarray(np.log(-np.expm1(-x)))


class Logit:
    """F(x) = 1 / (1 + exp(-x)); log P separates into two tails and the width, so nothing cancels."""

    def in_eta(self, a: Array, c: Array) -> InEta:
        """Log-probability and its first two derivatives in eta."""
        upper, lower = special.expit(a), special.expit(c)
        log_p = special.log_expit(a) + special.log_expit(-c) + _log_one_minus_exp(a - c)
        return InEta(log_p, upper + lower - 1, upper * (1 - upper) + lower * (1 - lower))

    def in_limits(self, a: Array, c: Array) -> InLimits:
        """First, second and third derivatives that involve a limit."""
        upper, lower = special.expit(a), special.expit(c)
        width = 1 / np.expm1(np.minimum(a - c, _LARGE))
        density_upper, density_lower = upper * (1 - upper), lower * (1 - lower)
        return InLimits(
            upper=special.expit(-a) + width,
            lower=-lower - width,
            slope_upper=density_upper,
            slope_lower=density_lower,
            weight_upper=density_upper * (1 - 2 * upper),
            weight_lower=density_lower * (1 - 2 * lower),
        )

    def below(self, limit: Array) -> Array:
        """F(limit)."""
        return np.asarray(special.expit(limit))


class Probit:
    """F(x) = Phi(x)."""

    def _log_p(self, a: Array, c: Array) -> Array:
        # The normal tail is accurate on the left, so an interval on the right is mirrored.
        mirror = c + np.where(np.isinf(a), _LARGE, a) > 0
        high, low = np.where(mirror, -c, a), np.where(mirror, -a, c)
        log_high = special.log_ndtr(high)
        return np.asarray(log_high + _log_one_minus_exp(log_high - special.log_ndtr(low)))

    def _ratios(self, limit: Array, log_p: Array) -> tuple[Array, Array, Array]:
        """Density over P, and its first and second derivative over P."""
        finite = np.where(np.isinf(limit), 0.0, limit)
        density = np.exp(-np.square(limit) / 2 - _LOG_ROOT_TWO_PI - log_p)
        return density, -finite * density, (finite**2 - 1) * density

    def in_eta(self, a: Array, c: Array) -> InEta:
        """Log-probability and its first two derivatives in eta."""
        log_p = self._log_p(a, c)
        a1, a2, _ = self._ratios(a, log_p)
        c1, c2, _ = self._ratios(c, log_p)
        return InEta(log_p, c1 - a1, np.square(a1 - c1) - (a2 - c2))

    def in_limits(self, a: Array, c: Array) -> InLimits:
        """First, second and third derivatives that involve a limit."""
        log_p = self._log_p(a, c)
        a1, a2, a3 = self._ratios(a, log_p)
        c1, c2, c3 = self._ratios(c, log_p)
        first, second = a1 - c1, a2 - c2
        return InLimits(
            upper=a1,
            lower=-c1,
            slope_upper=a1 * first - a2,
            slope_lower=c2 - c1 * first,
            weight_upper=-(a3 - 2 * first * a2 - a1 * second + 2 * a1 * first**2),
            weight_lower=c3 - 2 * first * c2 - c1 * second + 2 * c1 * first**2,
        )

    def below(self, limit: Array) -> Array:
        """F(limit)."""
        return np.asarray(special.ndtr(limit))


class ComplementaryLogLog:
    """F(x) = 1 - exp(-exp(x)); log P is a function of the two exponentials."""

    def _parts(self, a: Array, c: Array) -> tuple[Array, Array, Array]:
        lower = np.exp(np.minimum(c, _LARGE))
        # Beyond 700 the upper tail is empty: the difference is cut there so that no product overflows.
        gap = np.minimum(np.exp(np.minimum(a, 2 * _LARGE)) - lower, 700.0)
        return gap, lower, 1 / np.expm1(gap)

    def in_eta(self, a: Array, c: Array) -> InEta:
        """Log-probability and its first two derivatives in eta."""
        gap, lower, odds = self._parts(a, c)
        slope = odds * gap - lower
        curvature = slope - odds * (1 + odds) * gap**2
        return InEta(_log_one_minus_exp(gap) - lower, -slope, -curvature)

    def in_limits(self, a: Array, c: Array) -> InLimits:
        """First, second and third derivatives that involve a limit."""
        gap, lower, odds = self._parts(a, c)
        upper = gap + lower
        second = -odds * (1 + odds)
        third = -second * (1 + 2 * odds)
        slope = second * gap + odds
        weight = third * gap**2 + 3 * second * gap + odds
        return InLimits(
            upper=odds * upper,
            lower=-(1 + odds) * lower,
            slope_upper=-slope * upper,
            slope_lower=(1 + slope) * lower,
            weight_upper=-weight * upper,
            weight_lower=(1 + weight) * lower,
        )

    def below(self, limit: Array) -> Array:
        """F(limit)."""
        return np.asarray(-np.expm1(-np.exp(np.minimum(limit, _LARGE))))


class LogLog:
    """F(x) = exp(-exp(-x)): the complementary log-log with the order of the categories reversed."""

    _mirror = ComplementaryLogLog()

    def in_eta(self, a: Array, c: Array) -> InEta:
        """Log-probability and its first two derivatives in eta."""
        log_p, slope, weight = self._mirror.in_eta(-c, -a)
        return InEta(log_p, -slope, weight)

    def in_limits(self, a: Array, c: Array) -> InLimits:
        """First, second and third derivatives that involve a limit."""
        upper, lower, slope_upper, slope_lower, weight_upper, weight_lower = self._mirror.in_limits(-c, -a)
        return InLimits(-lower, -upper, slope_lower, slope_upper, -weight_lower, -weight_upper)

    def below(self, limit: Array) -> Array:
        """F(limit)."""
        return 1 - self._mirror.below(-limit)


LINKS: dict[str, Link] = {
    "logit": Logit(),
    "probit": Probit(),
    "cloglog": ComplementaryLogLog(),
    "loglog": LogLog(),
}
