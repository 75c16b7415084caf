"""Invitations as typed or pasted, parsed row by row with every problem named."""

import csv
import io
import re
from dataclasses import dataclass

LEVELS = ("PGY1", "PGY2")
ROLES = ("resident", "rater", "curator", "investigator", "custodian", "auditor")
PROFESSIONS = ("physician", "pharmacist", "nurse", "other")
COLUMNS = ("email", "name", "role", "level", "site", "profession")
LONGEST = {"email": 254, "name": 120, "site": 80}
LONGEST_LINE = 1000
MOST_LINES = 1000
MOST_CHARS = 200_000
_ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


@dataclass(frozen=True)
class InvitationInput:
    email: str
    name: str
    role: str
    level: str = ""
    site: str = ""
    profession: str = ""


@dataclass(frozen=True)
class InvitationList:
    """The rows that can be invited, and a sentence per row that cannot."""

    rows: tuple[InvitationInput, ...]
    problems: tuple[str, ...]


def parse_invitations(text: str) -> InvitationList:
    """Read one person per line: e-mail, name, role, level, site, profession (comma, semicolon or tab).

    A header line is allowed. Level is needed for residents only. Returns good rows and named problems.
    """
    rows: list[InvitationInput] = []
    problems: list[str] = []
    seen: set[str] = set()
    lines = text.splitlines() if len(text) <= MOST_CHARS else []
    if len(text) > MOST_CHARS or len(lines) > MOST_LINES:
        return InvitationList((), (f"The list is too long: at most {MOST_LINES} people at once.",))
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE:
            problems.append(f"Line {number}: {len(line)} characters are too many for one person.")
            continue
        cells = _cells(line)
        if not any(cells) or cells[0].lower() in {"email", "e-mail"}:
            continue
        row = InvitationInput(**dict(zip(COLUMNS, [*cells, *[""] * len(COLUMNS)], strict=False)))
        row = _tidy(row)
        faults = _faults(row, seen, len(cells))
        seen.add(row.email)
        if faults:
            problems.append(f"Line {number}: {'; '.join(faults)}.")
        else:
            rows.append(row)
    return InvitationList(tuple(rows), tuple(problems))


def _cells(line: str) -> list[str]:
    delimiter = next((mark for mark in ("\t", ";") if mark in line), ",")
    cells = next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
    return [" ".join(cell.split()) for cell in cells]


def _tidy(row: InvitationInput) -> InvitationInput:
    role = row.role.lower()
    level = row.level.upper().replace("-", "").replace(" ", "")
    return InvitationInput(row.email.lower(), row.name, role, level, row.site, row.profession.lower())


def _is_address(email: str) -> bool:
    # Letters of other alphabets can look like Latin ones, and nobody could sign in with them.
    return len(email) <= LONGEST["email"] and email.isascii() and bool(_ADDRESS.fullmatch(email))


def _faults(row: InvitationInput, seen: set[str], cell_count: int) -> list[str]:
    checks = [
        (cell_count <= len(COLUMNS), f"{cell_count} columns, at most {len(COLUMNS)} are known"),
        (_is_address(row.email), f"'{row.email[:60]}' is not an e-mail address"),
        (row.name.isprintable(), "the name holds an unseen character; type it again"),
        (row.site.isprintable(), "the site holds an unseen character; type it again"),
        (row.email not in seen, f"{row.email[:60]} stands here twice"),
        (row.role in ROLES, f"role '{row.role[:60]}' is not one of {', '.join(ROLES)}"),
        (row.role != "resident" or row.level in LEVELS, "a resident needs the level PGY1 or PGY2"),
        (row.role == "resident" or not row.level, f"a {row.role[:60] or 'person'} has no level"),
        (
            not row.profession or row.profession in PROFESSIONS,
            f"profession '{row.profession[:60]}' is not known",
        ),
    ]
    too_long = [
        f"{name} has more than {longest} characters"
        for name, longest in LONGEST.items()
        if len(getattr(row, name)) > longest
    ]
    return [message for good, message in checks if not good] + too_long
