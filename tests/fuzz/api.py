"""Requests made from the API's own description, sent as every caller: no failure, nothing undescribed."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks, openapi
from schemathesis.specs.openapi import checks as conformance

from study.protocol.models import Study
from tests.fuzz.world import Caller, callers
from tests.hostile.doors import ANSWER, doors

CHECKS = [
    checks.not_a_server_error,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_schema_conformance,
    conformance.response_headers_conformance,
]
# A request that contradicts the description, too, is answered as it says.
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
BODIES = {"application/yaml": "vignette", "application/x-ndjson": "answers"}
NAMES = st.sampled_from(
    ["ratings.csv", "dataset.zip", "manifest.json", "ratings-excel.csv", "..%2fsecret_key"]
)


@schemathesis.serializer("application/yaml", "application/x-ndjson")
def as_text(context: Any, value: Any) -> bytes:
    """A body of text goes as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def fuzz(study: Study, cases: int) -> Counter[tuple[str, str, int]]:
    """Send that many requests over all addresses and callers; count caller, address and status."""
    known = callers(study)
    headers = next(caller.headers for caller in known if caller.is_inside)
    document = Client().get("/api/v1/schema/?format=json", headers=headers).json()
    schema = openapi.from_dict(document)
    schema.app = WSGIHandler()
    operations = [result.ok() for result in schema.get_all_operations()]
    met: Counter[tuple[str, str, int]] = Counter()
    with _connection_kept():
        for operation in operations:
            _knock(operation, study, known, met, max(1, cases // len(operations)))
    return met


@contextmanager
def _connection_kept() -> Iterator[None]:
    """A request's end closes old connections, and with them the test's own transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def _knock(
    operation: Any, study: Study, known: list[Caller], met: Counter[tuple[str, str, int]], cases: int
) -> None:
    @hypothesis.settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(st.data(), st.sampled_from(known))
    def knock(data: st.DataObject, caller: Caller) -> None:
        case = data.draw(operation.as_strategy(generation_mode=data.draw(st.sampled_from(MODES))))
        _steer(data.draw, case, study)
        status = _call(case, caller)
        met[caller.name, operation.label, status] += 1

    knock()


def _steer(draw: Callable[[Any], Any], case: Any, study: Study) -> None:
    """Let half of the requests name what exists, and half of the bodies be almost right."""
    if draw(st.booleans()):
        case.path_parameters.update({"slug": study.slug} if "slug" in case.path_parameters else {})
    if "name" in case.path_parameters and draw(st.booleans()):
        case.path_parameters["name"] = draw(NAMES)
    if case.media_type in BODIES and draw(st.booleans()):
        door = next(door for door in doors() if door.name == BODIES[case.media_type])
        case.body = draw(st.sampled_from([door.valid, door.valid[:200], b"", b"\xff", repr(ANSWER).encode()]))


def _call(case: Any, caller: Caller) -> int:
    """Send one request in a savepoint of its own and compare what came with the description."""
    point = transaction.savepoint()
    try:
        response = case.call(headers=caller.headers)
        case.validate_response(response, checks=CHECKS)
        if not caller.is_inside and "{slug}" in case.path:
            assert response.status_code in {401, 403, 404, 405, 413, 415}, (caller.name, response.status_code)
        return int(response.status_code)
    finally:
        transaction.savepoint_rollback(point)
