"""A signature's password: wrong at most six times in five minutes, over all web processes together."""

from typing import TYPE_CHECKING, Final

from django.core.cache import cache

from study.protocol.errors import TooManyAttempts, WrongPassword

if TYPE_CHECKING:
    from study.participants.models import Person

AT_MOST: Final = 6
WITHIN_S: Final = 300


def require_password(person: "Person", password: str, *, outcome: str = "Nothing was signed.") -> None:
    """Refuse an act that its person signs with a password, inside the act's transaction.

    Raises WrongPassword, which is counted when that transaction was rolled back, and TooManyAttempts, for the
    right password too, when it was wrong too often of late.
    """
    if all(cache.get(name) for name in _names(person.pk)):
        raise TooManyAttempts(
            f"The password was wrong six times. {outcome} Wait five minutes and try again; your session and "
            "everything else go on as they are."
        )
    if not person.check_password(password):
        raise WrongPassword(f"The password is not right. {outcome}", person_id=person.pk)


def count_wrong_password(person_id: int) -> None:
    """Take one of the person's attempts away for five minutes; two at once take two."""
    any(cache.add(name, value=True, timeout=WITHIN_S) for name in _names(person_id))


def _names(person_id: int) -> list[str]:
    return [f"signature:{person_id}:{number}" for number in range(AT_MOST)]
