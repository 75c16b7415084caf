"""What became of a hostile file."""

from dataclasses import dataclass

from tests.hostile.corpus import EITHER, KEPT, REFUSED, Case

LONGEST_MESSAGE = 20_000


@dataclass(frozen=True)
class Outcome:
    """Refused with a message, or kept with what was read; `fault` says what is wrong with that."""

    kind: str
    text: str
    fault: str = ""


def outcome(case: Case, content: bytes) -> Outcome:
    """Let a file in by its door. Whatever is no refusal of the project's own is raised."""
    try:
        found = Outcome(KEPT, case.door.read(content))
    except case.door.refusals as error:
        found = Outcome(REFUSED, str(error))
    return Outcome(found.kind, found.text, _fault(case, found))


def _fault(case: Case, found: Outcome) -> str:
    if case.expected not in (EITHER, found.kind):
        return f"{found.kind}, not {case.expected}: {found.text[:200]!r}"
    if case.expected == KEPT and case.text not in found.text:
        return f"{case.text!r} became {found.text[:200]!r}"
    if found.kind == REFUSED and not found.text.strip():
        return "refused without a word"
    if found.kind == REFUSED and len(found.text) > LONGEST_MESSAGE:
        return f"refused with {len(found.text)} characters"
    is_plain = found.kind == KEPT or found.text.replace("\n", "").isprintable()
    return "" if is_plain else f"refused with unseen characters: {found.text[:200]!r}"
