"""What an erasure takes and leaves, in words for the person, the page and the record."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Kept:
    what: str
    why: str


@dataclass(frozen=True)
class StudyErasure:
    """What happens to one participation: `is_withdrawn` before the data are frozen, kept after it."""

    study: str
    role: str
    is_withdrawn: bool
    answers: int
    ratings: int


@dataclass(frozen=True)
class ErasureStatement:
    erased: tuple[str, ...]
    kept: tuple[Kept, ...]
    studies: tuple[StudyErasure, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


IDENTITY = (
    "e-mail address, name, password and second factors",
    "sessions, tokens for programs and open invitations",
    "site and declared interests, in every study",
    "what the audit trail remembered of these: the values and their salts",
)
WITHDRAWN = (
    "answers with their copies and drafts, and the resources declared with them",
    "ratings with scores, comments, guesses and drafts",
)
ALWAYS_KEPT = (
    Kept(
        "the number of the account, its roles, consents and signatures, the events of the audit trail and "
        "the reasons given in them",
        "Art. 17(3)(e) GDPR: they prove that the processing was lawful and who answered for it; the number "
        "leads to nobody any more",
    ),
)
SEALED_KEPT = Kept(
    "the anonymous copy of an answer that was sealed already, and who was to rate it",
    "Art. 17(3)(d) and 89 GDPR: taking it from the raters' queues would tell them which responses people "
    "wrote; it enters no dataset",
)
FROZEN_KEPT = Kept(
    "answers, ratings and guesses of a study whose data are frozen, under a pseudonym",
    "Art. 17(3)(d) and 89 GDPR: signed data cannot change without voiding the results that rest on them",
)
NAMES_KEPT = Kept(
    "the name under a signature in the manifest of a frozen dataset",
    "Art. 17(3)(d) and (e) GDPR: the manifest is what was signed, and its hash is that of the results",
)
