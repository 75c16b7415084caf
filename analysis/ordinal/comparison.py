"""Likelihood-ratio test of nested cumulative link models.

References
----------
Self SG, Liang KY (1987). Asymptotic properties of maximum likelihood estimators and likelihood ratio tests
under nonstandard conditions. Journal of the American Statistical Association 82:605-610.
doi:10.1080/01621459.1987.10478472
"""

from dataclasses import dataclass

from scipy import special

from analysis.ordinal.fixed import CumulativeLinkFit
from analysis.ordinal.mixed import CumulativeLinkMixedFit

Fit = CumulativeLinkFit | CumulativeLinkMixedFit


@dataclass(frozen=True)
class LikelihoodRatioTest:
    """Comparison of two nested models.

    Attributes
    ----------
    statistic : float
        Twice the difference of the log-likelihoods, not below 0.
    df : int
        Difference of the numbers of parameters.
    p : float
        From the chi-square distribution with `df` degrees of freedom.
    boundary : int
        Standard deviations that the smaller model sets to 0. With any, `p` is too large, because 0 is the end
        of their range.
    boundary_p : float or None
        With one standard deviation and nothing else at stake, from the mixture of a point at 0 and a
        chi-square with 1 degree of freedom.
    """

    statistic: float
    df: int
    p: float
    boundary: int
    boundary_p: float | None


def likelihood_ratio_test(smaller: Fit, larger: Fit) -> LikelihoodRatioTest:
    """Test whether the parameters that only the larger model has are needed.

    Raises
    ------
    ValueError
        If the models differ in rows, categories, link or approximation, or are not in order.

    References
    ----------
    Self SG, Liang KY (1987), doi:10.1080/01621459.1987.10478472
    """
    df = larger.parameter_count - smaller.parameter_count
    if df <= 0:
        raise ValueError("the larger model needs more parameters than the smaller one")
    same = ("n", "categories", "link")
    if any(getattr(smaller, name) != getattr(larger, name) for name in same):
        raise ValueError("the two models differ in rows, categories or link")
    effects = [len(fit.sd) if isinstance(fit, CumulativeLinkMixedFit) else 0 for fit in (smaller, larger)]
    if all(effects) and smaller.approximation != larger.approximation:
        raise ValueError("the two likelihoods are approximated in different ways")
    statistic = max(2 * (larger.log_likelihood - smaller.log_likelihood), 0.0)
    p, boundary = float(special.chdtrc(df, statistic)), effects[1] - effects[0]
    only_one = boundary == df == 1
    return LikelihoodRatioTest(
        statistic=statistic,
        df=df,
        p=p,
        boundary=boundary,
        boundary_p=(p / 2 if statistic > 0 else 1.0) if only_one else None,
    )
