"""The second lock on a rater's request: no SQL of it may name a table that knows an author."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.db import connection
from django.http import HttpRequest, HttpResponse

AUTHOR_TABLES: Final = (
    "study_sealkey",
    "study_committeditems",
    "study_emergencyunblinding",
    "study_studysecret",
    "study_response",
    "study_conflictingcopy",
    "study_plannedresponse",
    "study_draft",
    "study_generation",
    "study_generationattempt",
    "study_modelsetup",
    "study_arm",
    "study_sealcandidate",
    "study_scanflag",
    "study_flagdecision",
    "study_frozendataset",
    "study_analysisrun",
    "study_judge",
    "study_judgement",
    "study_judgementattempt",
    "study_judgementscore",
)
_NAMED: Final = re.compile(rf"\b(?:{'|'.join(AUTHOR_TABLES)})\b", re.IGNORECASE)


class BlindingBreach(RuntimeError):
    """A rater's request reached for an author; it is stopped before the database answers."""


def refuse_author_tables(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Run the statement unless it names one of `AUTHOR_TABLES`: an execute wrapper of the connection."""
    found = _NAMED.search(sql)
    if found:
        raise BlindingBreach(f"a rater's request named {found.group()}")
    return execute(sql, params, many, context)


def blinded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Run a rater's view, its decorators and its template under the lock."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with connection.execute_wrapper(refuse_author_tables):
            return view(request, *args, **kwargs)

    guarded.is_blinded = True  # type: ignore[attr-defined]  # a mark for the test of every URL
    return guarded
