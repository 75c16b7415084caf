"""Who writes, for which request and in which act: what the triggers of the audit trail are told.

The middleware and the services set it here; the connection hands it to the database.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

SYSTEM: Final = "system"
VISITOR: Final = "visitor"

request_id: ContextVar[str] = ContextVar("request_id", default="")
# Asked when an act begins and not before: most requests write nothing, and a session may not be read yet.
signed_in: ContextVar[Callable[[], int | None] | None] = ContextVar("signed_in", default=None)
keeps_values: ContextVar[bool] = ContextVar("keeps_values", default=True)
_current: ContextVar["Act | None"] = ContextVar("act", default=None)


def new_act_id() -> str:
    return uuid4().hex


def actor_now() -> str:
    """Return who writes: "person:7", a visitor of the site without a sign-in, or the system itself."""
    ask = signed_in.get()
    if ask is None:
        return SYSTEM
    person_id = ask()
    return VISITOR if person_id is None else f"person:{person_id}"


@dataclass
class Act:
    """The changes of one use case, up to the event that ends it."""

    actor: str = field(default_factory=actor_now)
    request_id: str = field(default_factory=request_id.get)
    id: str = field(default_factory=new_act_id)
    is_recorded: bool = False


def current_act() -> Act | None:
    return _current.get()


@contextmanager
def acting() -> Iterator[Act]:
    """Open an act for the code inside; the caller holds the transaction."""
    act = Act()
    token = _current.set(act)
    try:
        yield act
    finally:
        _current.reset(token)
