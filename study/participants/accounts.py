"""How accounts come to be: through an invitation, never by signing up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from study.participants.models import Person
from study.protocol.errors import NotPermitted


class ClosedSignupAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def respond_user_inactive(self, request: HttpRequest, user: Person) -> HttpResponse:
        raise NotPermitted("This account is closed. Ask the person who invited you.")
