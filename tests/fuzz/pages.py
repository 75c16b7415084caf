"""Garbage posted to every address of the site, by everybody: whatever comes is no failure."""

import re
from collections import Counter
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import hypothesis
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck
from hypothesis import strategies as st

from tests.hostile.attacks import SURPRISES, TEXTS, UNSEEN

NAMED = re.compile(r'<(?:input|select|textarea|button)\b[^>]*\bname="([^"]+)"')
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
FAILURE = 500
PLACES = ("1", "2", "9", "0", "99999999999999999999")
VALUES = {
    "position": PLACES,
    "flag_id": PLACES,
    "invitation_id": PLACES,
    "token_id": PLACES,
    "name": ("model-1", "ratings.csv", "a.svg", "judge", "no-such"),
    "token": ("unknown", "a" * 3000, "%00"),
}
NUMBERS = (
    "-1",
    "0",
    "1",
    "5",
    "1e999",
    "nan",
    "inf",
    "9" * 5000,
    "-0",
    "1.5",
    "٣",
    "0x10",
    "true",
    "on",
    "None",
)
LONG = ("x" * 60_000, "e" + "\u0301\u0327" * 2000, "a,b\n" * 5000, "[" * 4000, '{"a":' * 2000)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
GARBAGE = st.one_of(
    st.sampled_from(NUMBERS), st.sampled_from((*TEXTS, *UNSEEN, *SURPRISES)), st.sampled_from(LONG), TEXT
)


def addresses(slugs: list[str]) -> list[str]:
    """Every address of the URLconf with every value of its parameters, the API's apart."""
    found = []
    for pattern in _patterns(get_resolver().url_patterns, ""):
        if pattern.startswith("api/") or "(?P" in pattern:
            continue
        paths = [f"/{pattern}"]
        for parameter in PARAMETER.findall(pattern):
            values = slugs if parameter == "slug" else VALUES.get(parameter, PLACES)
            paths = [re.sub(rf"<(?:\w+:)?{parameter}>", value, path) for path in paths for value in values]
        found += paths
    return sorted(set(found))


def _patterns(patterns: list[Any], prefix: str) -> Iterator[str]:
    for each in patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _patterns(each.url_patterns, route)
        elif isinstance(each, URLPattern):
            yield route


def fuzz(clients: dict[str, Client], slugs: list[str], cases: int) -> Counter[int]:
    """Post that many forms; count the statuses, and raise on the first failure."""
    paths, met = addresses(slugs), Counter[int]()
    cookies = {name: client.cookies.output(header="", sep=";") for name, client in clients.items()}

    @hypothesis.settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(st.data(), st.sampled_from(paths), st.sampled_from(sorted(clients)))
    def knock(data: st.DataObject, path: str, who: str) -> None:
        client = Client(raise_request_exception=False)
        client.cookies = SimpleCookie(cookies[who])
        point = transaction.savepoint()
        try:
            page = client.get(path)
            fields = sorted(
                set(NAMED.findall(page.content.decode("utf-8", "replace"))) - {"csrfmiddlewaretoken"}
            )
            posted = _filled(data, fields)
            answered = client.post(path, posted)
        finally:
            transaction.savepoint_rollback(point)
        met.update([page.status_code, answered.status_code])
        assert max(page.status_code, answered.status_code) < FAILURE, (who, path, posted)

    knock()
    return met


def _filled(data: st.DataObject, fields: list[str]) -> dict[str, Any]:
    names = (
        st.sampled_from(fields) if fields else st.sampled_from(["text", "reason", "people", "save", "guess"])
    )
    chosen = data.draw(st.lists(st.one_of(names, names, TEXT), unique=True, max_size=12))
    chosen = sorted({*chosen, *fields}) if data.draw(st.booleans()) else chosen
    values = st.one_of(GARBAGE, st.lists(GARBAGE, max_size=3))
    return {name.replace("\r", "").replace("\n", ""): data.draw(values) for name in chosen}
