"""The table of access and the rules around it: for every cell, the status that it must have.

A cell is a URL, a verb, who asks, whose object it is about, and the state of the study.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

from tests.access.states import STATES

TABLE: Final = Path(__file__).with_name("table.txt")
VERBS: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
MEMBERS: Final = ("resident", "rater", "curator", "investigator", "custodian", "auditor")
PERSONS: Final = (*MEMBERS, "administrator", "outsider")
WITHOUT_SIGN_IN: Final = ("anonymous", "token")
IDENTITIES: Final = (*WITHOUT_SIGN_IN, *PERSONS)
GROUPS: Final = {"public": IDENTITIES, "persons": PERSONS, "anonymous": WITHOUT_SIGN_IN}

# Whose object the address names: within one's own study (or outside studies), and in the address's study.
_ANOTHERS_STUDY: Final = ("foreign-study", "missing-study")
KINDS: Final = {
    "-": ("own",),
    "study": ("own", *_ANOTHERS_STUDY),
    "answer": ("own", "peer", "missing", *_ANOTHERS_STUDY),
    "place": ("own", "peer", "missing", *_ANOTHERS_STUDY),
    "rated": ("own", "peer", "missing", *_ANOTHERS_STUDY),
    "flag": ("own", "foreign", "missing", *_ANOTHERS_STUDY),
    "invitation": ("own", "foreign", "missing", *_ANOTHERS_STUDY),
    "arm": ("own", "foreign", "missing", *_ANOTHERS_STUDY),
    "judge": ("own", "foreign", "missing", *_ANOTHERS_STUDY),
    "vignette": ("own", "missing", *_ANOTHERS_STUDY),
    "file": ("own", "missing", *_ANOTHERS_STUDY),
    "figure": ("own", "missing", *_ANOTHERS_STUDY),
    "token": ("own", "peer", "foreign", "missing"),
    "account": ("own", "missing"),
    "link": ("own", "missing"),
    "reset": ("own", "missing"),
    "passkey": ("missing", "peer"),
}
# Labels whose answers must be the same, byte for byte.
TWINS: Final = (("peer", "foreign", "missing"), _ANOTHERS_STUDY)
# One's own objects are asked for in every state, others' in these, and what has no phase in one.
OTHERS_STATES: Final = ("answering", "rating", "unblinded")
ONE_STATE: Final = "rating"
OUTSIDE_STUDIES: Final = frozenset({"-", "token", "account", "reset", "passkey"})
IN_EVERY_STATE: Final = frozenset({"GET", "POST"})
SIGN_IN, UNAUTHORISED, MISSING, NO_SUCH_VERB = 302, 401, 404, 405


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    url: str
    kind: str
    label: str
    verbs: tuple[str, ...]
    who: tuple[str, ...]
    statuses: tuple[int, ...]


@dataclass(frozen=True)
class Cell:
    url: str
    kind: str
    label: str
    verb: str
    identity: str
    state: str
    status: int

    def __str__(self) -> str:
        return f"{self.state}: {self.identity} {self.verb} {self.url} ({self.label})"


def rows() -> list[Row]:
    """Read the table. Raises ValueError for a line that cannot be understood."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [_row(line) for line in lines if line.strip() and not line.startswith("#")]


def _row(line: str) -> Row:
    url, thing, verbs, who, *statuses = line.split()
    kind, _, label = thing.partition(":")
    asked = tuple(identity for word in who.split(",") for identity in GROUPS.get(word, (word,)))
    wide = tuple(int(each) for each in statuses) * (len(STATES) if len(statuses) == 1 else 1)
    is_known = kind in KINDS and (label or "own") in KINDS[kind] and set(verbs.split(",")) <= set(VERBS)
    if not is_known or len(wide) != len(STATES) or not {*asked} <= {*IDENTITIES, "others"}:
        raise ValueError(f"this line of {TABLE.name} cannot be understood: {line}")
    return Row(url, kind, label or "own", tuple(verbs.split(",")), asked, wide)


def cells() -> Iterator[Cell]:
    """Yield every cell with the status that the table and the rules give it."""
    by_url: dict[str, list[Row]] = {}
    for row in rows():
        by_url.setdefault(row.url, []).append(row)
    for url, own in by_url.items():
        for verb, label, identity in product(VERBS, KINDS[own[0].kind], IDENTITIES):
            for state in _states(own, verb, label):
                status = _status(own, verb, identity, label, STATES.index(state))
                yield Cell(url, own[0].kind, label, verb, identity, state, status)


def _states(own: list[Row], verb: str, label: str) -> tuple[str, ...]:
    """Return the states in which the verb is tried on such an object.

    What looks at no study has no phase. A verb that no line names is refused before any object is looked for.
    """
    is_named = any(verb in row.verbs for row in own)
    if not is_named or verb not in IN_EVERY_STATE or own[0].kind in OUTSIDE_STUDIES:
        return (ONE_STATE,) if is_named or label == KINDS[own[0].kind][0] else ()
    return STATES if label == "own" else OTHERS_STATES


def _status(own: list[Row], verb: str, identity: str, label: str, state: int) -> int:
    found = _told(own, verb, identity, label)
    if found is not None:
        return found.statuses[state]
    if own[0].url.startswith("api-") and identity != "token":
        return UNAUTHORISED
    is_program = own[0].url.startswith("api-")
    if identity in WITHOUT_SIGN_IN and not is_program and not is_public(own):
        return SIGN_IN
    return MISSING if any(verb in row.verbs for row in own) else NO_SUCH_VERB


def _told(own: list[Row], verb: str, identity: str, label: str) -> Row | None:
    """Return the line that names the cell; "others" are persons whom no line of the verb names."""
    lines = [row for row in own if verb in row.verbs and row.label == label]
    named = next((row for row in lines if identity in row.who), None)
    others = next((row for row in lines if "others" in row.who), None)
    return named or (others if identity in PERSONS else None)


def is_public(own: list[Row]) -> bool:
    return any("anonymous" in row.who for row in own)


def declared() -> set[str]:
    """Return the URLs that have a line."""
    return {row.url for row in rows()}


def public() -> set[str]:
    """Return the URLs that need no sign-in."""
    return {row.url for row in rows() if "anonymous" in row.who}
