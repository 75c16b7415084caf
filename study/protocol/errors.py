"""The error vocabulary: what a use case may refuse, and how a page or a program is told."""

from typing import Any


class StudyError(Exception):
    """A use case refused. `message` says what happened, what was kept, what to do next."""

    status = 400
    code = "invalid"

    def __init__(self, message: str, *, details: list[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details or []


class InvalidInput(StudyError):
    """The input breaks a rule of the protocol."""


class WrongPassword(InvalidInput):
    """A signature's password is not the person's; it is counted once the transaction was rolled back."""

    def __init__(self, message: str, *, person_id: int) -> None:
        super().__init__(message)
        self.person_id = person_id


class TooManyAttempts(InvalidInput):
    """Passwords were tried too often; the right one is refused, too, for a while."""

    status = 429
    code = "too_many_attempts"


class NotPermitted(StudyError):
    """The person is known, the object is theirs to see, but this act is not theirs."""

    status = 403
    code = "not_permitted"


class NotFound(StudyError):
    """The object does not exist or is not the person's: deliberately the same answer."""

    status = 404
    code = "not_found"

    def __init__(self, message: str = "There is nothing here for you.") -> None:
        super().__init__(message)


class PhaseClosed(StudyError):
    """The study's phase does not allow the act (any more, or yet)."""

    status = 409
    code = "phase_closed"


class Conflict(StudyError):
    """Something else was stored before; both versions are kept."""

    status = 409
    code = "conflict"


class Expired(StudyError):
    """The invitation was used, revoked, or is too old."""

    status = 410
    code = "expired"


class PreconditionMissing(StudyError):
    """The step is blocked; `details` lists what is missing."""

    status = 409
    code = "blocked"


def error_payload(error: StudyError) -> dict[str, Any]:
    """Return the one JSON form of a refusal."""
    return {"code": error.code, "message": error.message, "details": error.details}


def api_exception_handler(exception: Exception, context: dict[str, Any]) -> Any:
    """Map the vocabulary to JSON for programs; everything else is the framework's answer."""
    from rest_framework.response import Response  # noqa: PLC0415  pages must not pay for the API's import
    from rest_framework.views import exception_handler  # noqa: PLC0415

    if isinstance(exception, StudyError):
        return Response(error_payload(exception), status=exception.status)
    return exception_handler(exception, context)
