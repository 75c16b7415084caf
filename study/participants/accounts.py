"""How accounts come to be and prove themselves: through an invitation, a password and a second factor."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.ratelimit import get_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.encoding import force_bytes

from study.participants.models import Person
from study.participants.second_factor import is_last_required
from study.protocol.errors import NotPermitted

# Wrong passwords for any accounts from one network in one minute: that is guessing, not a ward at eight.
NETWORK_FAILURES = 300


class ClosedSignupAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": (
            "Too many wrong passwords or codes. Wait five minutes, or choose a new password by mail. Whoever "
            "is signed in already is not disturbed."
        ),
        "too_many_network_failures": (
            "Too many wrong passwords came from this network within a minute. No account is closed: try "
            "again in a minute."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def respond_user_inactive(self, request: HttpRequest, user: Person) -> HttpResponse:
        raise NotPermitted("This account is closed. Ask the person who invited you.")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        if cache.get(_network_count(request), 0) >= NETWORK_FAILURES:
            raise self.validation_error("too_many_network_failures")
        super().pre_authenticate(request, **credentials)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a failure of the network; two at the same instant may count as one, which does no harm."""
        name = _network_count(request)
        cache.set(name, cache.get(name, 0) + 1, timeout=60)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count by the address alone, as an invitation's page does, whatever the host is called."""
        return str(credentials.get("email", "")).strip().lower()


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": (
            "Your account needs a second factor and this is the only one. Add another first. Nothing was "
            "removed."
        ),
        "incorrect_code": "This code is not right or was used already. Type the next one that the app shows.",
    }

    def encrypt(self, text: str) -> str:
        """Keep secrets of factors unreadable in a copy of the database."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not is_last_required(authenticator)

    def build_totp_svg(self, url: str) -> str:
        """Return the QR code as an element of the page: the content policy admits no data: image."""
        picture: str = super().build_totp_svg(url)
        return picture[picture.index("<svg") :]


def _network_count(request: HttpRequest) -> str:
    return f"failed:{get_ip(request)}:{int(timezone.now().timestamp()) // 60}"


def _cipher() -> MultiFernet:
    """Return the cipher of the site's key; former keys still read."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"second factors:" + force_bytes(key)).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
