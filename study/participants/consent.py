"""The default consent texts; an investigator's ethics board may ask for others."""

from study.participants.models import Role
from study.protocol.models import Study

_COMMON = (
    "Taking part is voluntary. You may decline now, or stop at any time, without "
    "giving a reason and without any "
    "consequence for your training or employment. Your name and e-mail address are kept apart from your "
    "{what}; reports show no result of a single person, and no programme director sees one. "
    "The patients in the vignettes are invented."
)
_TEXTS = {
    Role.RESIDENT: (
        "You are asked to answer {count} short medication-safety vignettes as you would "
        "on duty. Your answers are "
        "rated by clinicians who do not know who wrote them, beside answers by other "
        "residents and by computer "
        "models. The page records the time during which you write. " + _COMMON
    ),
    Role.RATER: (
        "You are asked to rate written answers to medication-safety vignettes. You are "
        "not told who or what wrote "
        "an answer; after each saved rating you may be asked to guess. The page records "
        "the time that you take. "
        "Before you begin, declare whether you know residents of the study or have "
        "worked on one of its models. " + _COMMON
    ),
}


def consent_text(study: Study, role: Role) -> str:
    """Return the study's first consent text for residents or raters."""
    what = "answers" if role == Role.RESIDENT else "ratings"
    text = _TEXTS[role].format(count=study.vignettes_per_resident, what=what)
    if study.simulated:
        text = "This study is simulated: nobody is studied, and everything in it says so. " + text
    return text
