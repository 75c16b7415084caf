"""What two visits tell apart, and which nonsense words came through."""

import base64
import html
from collections.abc import Iterator
from urllib.parse import quote

from tests.noninterference.crawl import Answer, Visit
from tests.noninterference.world import CANARIES


def differences(one: Visit, other: Visit) -> list[str]:
    """Return every answer, log line and mail that differs between two worlds, the first bytes of each."""
    found = [
        _describe(before, after)
        for before, after in zip(one.answers, other.answers, strict=False)
        if before != after
    ]
    if len(one.answers) != len(other.answers):
        found.append(f"{len(one.answers)} answers in one world, {len(other.answers)} in the other")
    found += [
        f"log: {before!r} / {after!r}"
        for before, after in zip(one.logs, other.logs, strict=False)
        if before != after
    ]
    if len(one.logs) != len(other.logs):
        found.append(f"{len(one.logs)} log lines in one world, {len(other.logs)} in the other")
    return found + (["mails differ"] if one.mails != other.mails else [])


def _describe(one: Answer, other: Answer) -> str:
    if one.request != other.request or one.status != other.status:
        return f"{one.request} {one.status} / {other.request} {other.status}"
    if one.headers != other.headers:
        return f"{one.request}: headers {sorted(set(one.headers) ^ set(other.headers))}"
    pairs = zip(one.body, other.body, strict=False)
    at = next((place for place, (a, b) in enumerate(pairs) if a != b), 0)
    return (
        f"{one.request}: {one.body[max(0, at - 30) : at + 50]!r} / {other.body[max(0, at - 30) : at + 50]!r}"
    )


def encoded(word: str) -> set[bytes]:
    """Return a word as it may stand in a page, an address, a header or a token, in small letters."""
    plain = word.encode()
    forms = {plain, quote(word).encode(), html.escape(word).encode(), plain.hex().encode()}
    for shift in range(3):
        code = base64.b64encode(b"\0" * shift + plain).decode().rstrip("=")
        forms.add(code[2 * bool(shift) + shift : len(code) - 2].lower().encode())
    return {form.lower() for form in forms}


_FORMS = {word: encoded(word.lower()) | encoded(word) for word in CANARIES}


def canaries(visit: Visit) -> list[str]:
    """Return every nonsense word found in any byte, log line or mail, with where it was."""
    return [f"{word} in {where}" for where, data in _bytes_of(visit) for word in canaries_in(data)]


def canaries_in(data: bytes) -> list[str]:
    small = data.lower()
    return [word for word, forms in _FORMS.items() if any(form in small for form in forms)]


def _bytes_of(visit: Visit) -> Iterator[tuple[str, bytes]]:
    for answer in visit.answers:
        yield answer.request, answer.every_byte
    for line in visit.logs:
        yield f"log {line[:60]}", line.encode()
    for text in visit.mails:
        yield "a mail", text.encode()
