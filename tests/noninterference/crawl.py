"""Everything that a rater can ask the site for, and every byte of the answers."""

import html
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from unittest.mock import patch

from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from study.participants.models import Participant
from study.protocol.models import Study
from tests.noninterference.allow_list import NOT_COMPARED, masked, masked_cookie
from tests.noninterference.world import raters_of
from tests.ratings.world import FORM

WHEN: Final = datetime.fromisoformat("2026-04-01T10:00:00+00:00")
OTHER_VERBS: Final = ("HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
# These end the session or the account of the one who asks; what they answer names nobody.
NOT_WALKED: Final = frozenset({"account_logout"})
NUMBERS: Final = (1, 4, 11, 999_999)
FILE: Final = "ratings.csv"
LONG_AGO: Final = "Mon, 02 Mar 2026 09:00:00 GMT"
FOREIGN: Final = ("/api/v1/studies/trial/progress", "/rate/1/", "/r/1", "/admin/", "/media/x", "/static/x")
_LINK: Final = re.compile(rb'(?:href|action|src)="(/[^"#]*)')
HOSTILE: Final = (
    "?ordering=-pk&sort=arm",
    "?arm=model&search=resident&created__gt=2026-01-01",
    "?format=json",
    "?page=2&wave=1&draw=1",
)


@dataclass(frozen=True)
class Answer:
    """One answer as a rater gets it; `walked` tells whether the address was guessed from the URLconf."""

    request: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    walked: bool = False

    @property
    def every_byte(self) -> bytes:
        return b"\n".join([self.body, *(f"{name}: {value}".encode() for name, value in self.headers)])


@dataclass
class Visit:
    """All that two raters got in a world: answers, log lines, mails."""

    answers: list[Answer] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)


class _Log(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name} {record.getMessage()}")


class Rater:
    """One rater's browser."""

    def __init__(self, visit: Visit, study: Study, member: Participant) -> None:
        self.visit, self.study, self.member = visit, study, member
        self.client = Client(raise_request_exception=False)
        self.client.force_login(member.person)

    def ask(self, verb: str, address: str, *, walked: bool = False, **more: Any) -> Answer:
        response = self.client.generic(verb, address, **more) if verb != "POST" else self._post(address, more)
        headers = [(name, value) for name, value in response.headers.items() if name not in NOT_COMPARED]
        cookies = [("Set-Cookie", masked_cookie(each.OutputString())) for each in response.cookies.values()]
        body = b"".join(response.streaming_content) if response.streaming else response.content
        answer = Answer(
            f"{self.member.person.email} {verb} {address}",
            response.status_code,
            (*sorted(headers), *sorted(cookies), ("Length", str(len(masked(body))))),
            masked(body),
            walked,
        )
        self.visit.answers.append(answer)
        return answer

    def _post(self, address: str, more: dict[str, Any]) -> Any:
        return self.client.post(address, more.pop("data", {}), **more)

    def rate(self, count: int, *, places: int = 0) -> None:
        """Go through the queue as its pages lead, rating the first `count` places and looking at `places`.

        None given means all of them, and the one after the last.
        """
        for position in range(1, (places or self.member.assignments.count() + 1) + 1):
            page = reverse("rate-page", args=[self.study.slug, position])
            self.ask("GET", page)
            if position > count:
                continue
            self.ask("POST", f"{page}draft/", data={**FORM, "comment": "half"})
            self.ask("POST", page, data={"medical_correctness": "9"})
            self.ask("POST", page, data=FORM)
            self.ask("GET", f"{page}guess/")
            self.ask("POST", f"{page}guess/", data={"guess": "nobody"})
            self.ask("POST", f"{page}guess/", data={"guess": "model", "certainty": "2"})
            self.ask("POST", page, data={**FORM, "comment": "another"})
            self.ask("POST", f"{page}correct/", data={**FORM, "reason": "a slip"})
            self.ask("GET", page)
        self.ask("GET", reverse("rate-queue", args=[self.study.slug]))

    def pry(self) -> None:
        """Ask the queue and a place for more than their links offer."""
        pages = [
            reverse("rate-queue", args=[self.study.slug]),
            reverse("rate-page", args=[self.study.slug, 2]),
        ]
        for page in pages:
            for query in HOSTILE:
                self.ask("GET", f"{page}{query}")
            self.ask("GET", page, HTTP_ACCEPT="application/json")
            self.ask("GET", page, HTTP_IF_NONE_MATCH='"x"', HTTP_IF_MODIFIED_SINCE=LONG_AGO)

    def follow(self, limit: int) -> None:
        """Follow every link, form and file from the first page on."""
        seen, waiting = {"/"}, ["/"]
        while waiting and len(seen) <= limit:
            answer = self.ask("GET", waiting.pop(0))
            for found in _LINK.findall(answer.body):
                address = html.unescape(found.decode())
                if address not in seen and "logout" not in address:
                    seen.add(address)
                    waiting.append(address)

    def walk(self, *, every_verb: bool) -> None:
        """Ask for every address of the site map, with numbers and names of one's own and of others.

        Each is read, and asked with one further verb in turn, or with all of them.
        """
        for turn, address in enumerate(addresses(self.study.slug)):
            others = OTHER_VERBS if every_verb else (OTHER_VERBS[turn % len(OTHER_VERBS)],)
            for verb in ("GET", *others):
                self.ask(verb, address, walked=True)
        for address in (
            "/api/v1/studies/trial/progress",
            "/rate/1/",
            "/r/1",
            "/admin/",
            "/media/x",
            "/static/x",
        ):
            self.ask("GET", address, walked=True, HTTP_ACCEPT="application/json")


def addresses(slug: str) -> Iterator[str]:
    """Yield every address of the site map with its parameters filled in."""
    for name, parameters in sorted(_named(get_resolver())):
        if name in NOT_WALKED:
            continue
        numbers = NUMBERS if "position" in parameters else NUMBERS[:1]
        for number in numbers if "IntConverter" in parameters.values() else NUMBERS[:1]:
            values = {"SlugConverter": slug, "IntConverter": number, "StringConverter": FILE}
            yield reverse(name, kwargs={key: values.get(kind, "x1") for key, kind in parameters.items()})
        if parameters.get("slug"):
            yield reverse(name, kwargs={key: "ghost" if key == "slug" else 1 for key in parameters})


class _Parameters(dict[str, str]):
    def __lt__(self, other: object) -> bool:
        return str(self) < str(other)


def _named(resolver: URLResolver) -> Iterator[tuple[str, _Parameters]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from _named(each)
        elif isinstance(each, URLPattern) and each.name:
            # Patterns by regular expression name their groups, the others their converters.
            kinds = dict.fromkeys(each.pattern.regex.groupindex, "Text")
            kinds |= {key: type(kind).__name__ for key, kind in each.pattern.converters.items()}
            yield each.name, _Parameters(kinds)


def visit(study: Study, *, short: bool = False, every_verb: bool = False) -> Visit:
    """Return everything that two raters get: half their queues rated, every link, every guessed address.

    A short visit, for a leak that is known to be there, rates two places and reads the rest of one queue.
    """
    found = Visit()
    root, log = logging.getLogger(), _Log(found.logs)
    level = root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    mail.outbox = []
    cache.clear()  # attempts are counted in it
    try:
        with patch.object(timezone, "now", lambda: WHEN):
            (_glance if short else _browse)(found, study, every_verb)
    finally:
        root.removeHandler(log)
        root.setLevel(level)
    found.mails = [each.message().as_string() for each in mail.outbox]
    return found


def _browse(found: Visit, study: Study, every_verb: bool) -> None:
    first, second = (Rater(found, study, member) for member in raters_of(study)[:2])
    half = first.member.assignments.count() // 2
    first.rate(half)
    second.rate(half - 1)
    first.pry()
    second.pry()
    first.follow(60)
    second.follow(40)
    first.walk(every_verb=every_verb)


def _glance(found: Visit, study: Study, every_verb: bool) -> None:
    rater = Rater(found, study, raters_of(study)[0])
    rater.rate(1, places=5)
    for address in ("/", "/static/study/rate.js", "/admin/", "/api/v1/schema/"):
        rater.ask("GET", address)
    page = reverse("rate-page", args=[study.slug, 2])
    for verb in ("PUT", "OPTIONS"):
        rater.ask(verb, page)
    rater.ask("GET", page, HTTP_IF_NONE_MATCH='"x"')
    rater.ask("GET", page, HTTP_ACCEPT="application/json")
    rater.ask("GET", f"{page}{HOSTILE[1]}")
