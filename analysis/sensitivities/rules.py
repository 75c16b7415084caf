"""Other data of the same study: other draws of the model, another rule for responses never given."""

from analysis.differences import paired_differences
from analysis.plan_parts import MISSING_RULES
from analysis.schema import NEVER_GIVEN, ORIGINAL
from analysis.sensitivities.findings import Finding, NotAvailableError, Parameters, Subject


def other_draws(subject: Subject, parameters: Parameters) -> list[Finding]:  # noqa: ARG001
    """The primary procedure on every other draw of the model that was rated."""
    ratings = subject.study.dataset.ratings
    own = ratings[ratings["responder"].isin(subject.first) & (ratings["variant"] == ORIGINAL)]
    draws = sorted(set(own["draw"]) - {subject.plan.primary_draw})
    if not draws:
        raise NotAvailableError("no other draw of the model was rated")
    found = []
    for draw in draws:
        scores = subject.study.scores(subject.dimension, draw=int(draw))
        differences = paired_differences(scores, subject.first, subject.second)
        found.append(subject.finding(subject.test(differences), differences, f"draw {draw}"))
    return found


def missing_response(subject: Subject, parameters: Parameters) -> list[Finding]:  # noqa: ARG001
    """The primary procedure under the rule for responses never given that the plan did not choose."""
    if not subject.study.lengths["status"].isin(NEVER_GIVEN).any():
        raise NotAvailableError("every planned response was given, so the rule does not matter")
    found = []
    for rule in MISSING_RULES:
        if rule == subject.plan.missing_response:
            continue
        scores = subject.study.scores(subject.dimension, missing=rule)
        differences = paired_differences(scores, subject.first, subject.second)
        found.append(subject.finding(subject.test(differences), differences, rule.replace("_", " ")))
    return found
