"""What the freeze gathers before a file is written: plain values, no rows of the database."""

from collections.abc import Mapping
from dataclasses import dataclass

from study.datasets.style import StyleCounts

Cell = str | int | float | None
Row = dict[str, Cell]


@dataclass(frozen=True, order=True)
class Author:
    """A resident (participant id) or a model (arm id), and the id of the arm."""

    kind: str
    number: int
    arm: int


@dataclass(frozen=True, order=True)
class Planned:
    """One planned response."""

    vignette: str
    author: Author
    draw: int
    variant: str


@dataclass(frozen=True)
class Sealed:
    """What became of one planned response that reached sealing; no rater gets one of wave 0."""

    item: int
    public_id: str
    wave: int
    style: StyleCounts


@dataclass(frozen=True)
class Judgement:
    """The latest revision of one rating."""

    item: int
    rater: int
    copy: int
    position: int
    revision: int
    active_seconds: float | None
    cannot_judge: bool
    scores: Mapping[str, int]
    extent: str
    likelihood: str
    commission: bool
    omission: bool
    error_tags: tuple[str, ...]
    confidence: int | None


@dataclass(frozen=True)
class Guess:
    item: int
    rater: int
    copy: int
    guess: str
    certainty: int | None
    reason: str


@dataclass(frozen=True)
class JudgeFacts:
    """What a judge is; its name is the key under which it stands."""

    model: str
    family: str
    profile: str
    engine: str
    revision: str


@dataclass(frozen=True)
class JudgedItem:
    """What became of one item before one judge; without scores unless the outcome is scored."""

    item: int
    judge: str
    outcome: str
    scores: Mapping[str, int]


@dataclass(frozen=True)
class RaterFacts:
    profession: str
    years_in_practice: int | None


@dataclass(frozen=True)
class Collected:
    """Everything of one study that enters its dataset.

    `sealed` holds the planned responses that have an item, `unsealed` those that were given without one
    (no text at all); the rest was never given.
    """

    planned: tuple[Planned, ...]
    sealed: Mapping[Planned, Sealed]
    unsealed: frozenset[Planned]
    judgements: tuple[Judgement, ...]
    guesses: tuple[Guess, ...]
    raters: Mapping[int, RaterFacts]
    judges: Mapping[str, JudgeFacts]
    judged: tuple[JudgedItem, ...]


@dataclass(frozen=True)
class Pseudonyms:
    """The names under which authors, arms and raters stand in the dataset."""

    authors: Mapping[Author, str]
    arms: Mapping[int, str]
    raters: Mapping[int, str]


def squeeze(text: str) -> str:
    """Return free text as one line: a cell with line ends inside breaks many readers of CSV.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    line = " ".join(text.split())
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line
