"""How long a sign-in lasts: 30 minutes without a request, twelve hours in all; both are kept by the server.

A draft that is saved is a request: it is sent only when somebody has typed. No page asks by itself.
"""

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from study.participants.models import Person

IDLE_S: Final = 30 * 60
LONGEST_S: Final = 12 * 3600
NOTED_EVERY_S: Final = 60  # a session is written at most once a minute
STARTED, ACTIVE = "started_at", "active_at"


class SessionEndMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and not _goes_on(request.session, timezone.now().timestamp()):
            logout(request)
            messages.info(request, "Your session had ended. What you typed in an answer or a rating is kept.")
        return self.get_response(request)


def _goes_on(session: SessionBase, now: float) -> bool:
    """Note the request, and say whether the session still holds; one without marks begins here."""
    started, active = session.get(STARTED), session.get(ACTIVE)
    if started is None or active is None:
        session[STARTED] = session[ACTIVE] = now
        return True
    if now - started >= LONGEST_S or now - active >= IDLE_S:
        return False
    if now - active >= NOTED_EVERY_S:
        session[ACTIVE] = now
    return True


def sessions_of(person: Person) -> list[Session]:
    """Return the person's sessions: whose they are stands inside, so all are read, and they are few."""
    rows = Session.objects.filter(expire_date__gt=timezone.now())
    return [row for row in rows.iterator() if row.get_decoded().get(SESSION_KEY) == str(person.pk)]


def end_sessions(person: Person) -> int:
    """Delete every session of a person and return their number."""
    own = [session.pk for session in sessions_of(person)]
    Session.objects.filter(pk__in=own).delete()
    return len(own)
