"""The same data under another equivalence level or another margin."""

from dataclasses import replace

from analysis.estimate import MeanTest, t_tail
from analysis.sensitivities.findings import Finding, Parameters, Subject


def equivalence_alpha(subject: Subject, parameters: Parameters) -> list[Finding]:
    """The primary test read with another equivalence alpha."""
    level = float(parameters["value"])
    return [
        subject.finding(subject.primary, subject.differences, f"one-sided {level:g}", equivalence_alpha=level)
    ]


def with_margin(test: MeanTest, margin: float) -> MeanTest:
    """A test with its p-values at another margin, points."""
    if test.estimate is None or test.se is None or test.df is None:
        return test
    lower, upper = (test.estimate + margin) / test.se, (margin - test.estimate) / test.se
    return replace(test, p_noninferior=float(t_tail(lower, test.df)), p_upper=float(t_tail(upper, test.df)))


def margin_shift(subject: Subject, parameters: Parameters) -> list[Finding]:
    """The primary test against moved margins."""
    found = []
    for shift in parameters["by"]:
        margin = round(subject.margin + shift, 12)
        case = f"margin {margin:g}"
        if margin > 0:
            test = with_margin(subject.primary, margin)
        else:
            reason = "the moved margin is not above 0"
            test = MeanTest(subject.primary.engine, subject.primary.estimate, reason)
        found.append(subject.finding(test, subject.differences, case, margin=margin))
    return found
