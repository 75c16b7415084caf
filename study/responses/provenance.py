"""What is recorded of an answer that was made elsewhere: what nobody told is recorded as not told."""

from typing import Any

from study.engines.base import NOT_TOLD, environment_of
from study.protocol.records import NO_PROFILE


def untold() -> dict[str, Any]:
    """Return the fields of an attempt that an answer made elsewhere does not bring along."""
    return {"profile": NO_PROFILE, "raw_request": NOT_TOLD, "environment": environment_of()}
