import numpy as np
import pytest
from scipy.optimize import minimize
from statsmodels.api import GLM, families

from analysis.style.logistic import balanced_weights, ridge_logistic


def _data(n: int = 60, p: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    features = rng.standard_normal((n, p))
    return features, (features[:, 0] + rng.standard_normal(n) > 0.8).astype(float)


def test_the_fit_is_that_of_a_general_optimiser() -> None:
    features, labels = _data()
    weights = balanced_weights(labels)

    def loss(beta: np.ndarray) -> float:
        eta = beta[0] + features @ beta[1:]
        return float(weights @ (np.logaddexp(0, eta) - labels * eta) + 1.5 * (beta[1:] ** 2).sum())

    found = minimize(loss, np.zeros(6), method="BFGS", options={"gtol": 1e-9})
    fit = ridge_logistic(features, labels, weights, penalty=3.0)
    assert fit.converged
    assert np.r_[fit.intercept, fit.coefficients] == pytest.approx(found.x, abs=1e-5)


def test_without_penalty_to_speak_of_the_fit_is_that_of_statsmodels() -> None:
    features, labels = _data()
    fit = ridge_logistic(features, labels, np.ones(60), penalty=1e-9)
    other = GLM(labels, np.column_stack([np.ones(60), features]), families.Binomial()).fit(tol=1e-12)
    assert np.r_[fit.intercept, fit.coefficients] == pytest.approx(other.params, rel=1e-6)


def test_a_perfect_separation_converges_and_a_start_changes_nothing() -> None:
    features = np.r_[np.zeros((10, 1)), np.ones((20, 1))] * 8
    labels = np.r_[np.zeros(10), np.ones(20)]
    weights = balanced_weights(labels)
    fit = ridge_logistic(features, labels, weights)
    again = ridge_logistic(features, labels, weights, start=fit)
    assert fit.converged and again.steps == 0
    assert (np.sign(fit.log_odds(features)) == 2 * labels - 1).all()


def test_balanced_weights_give_both_classes_the_same_say() -> None:
    labels = np.array([1.0, 0, 0, 0])
    weights = balanced_weights(labels)
    assert weights[labels == 1].sum() == pytest.approx(2)
    assert weights[labels == 0].sum() == pytest.approx(2)


def test_features_that_tell_nothing_give_even_odds() -> None:
    labels = np.array([1.0, 0, 0, 0, 1])
    fit = ridge_logistic(np.zeros((5, 3)), labels, balanced_weights(labels))
    assert fit.log_odds(np.zeros((1, 3))) == pytest.approx([0.0], abs=1e-9)
