"""Browsers without JavaScript that sign in by the real pages, and an authenticator app."""

import re
import time
from dataclasses import dataclass

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from tests.builders import PASSWORD, person

LOGIN = "/account/login/"
FACTOR = "/account/second-factor/"


@dataclass
class App:
    """An authenticator app that holds one secret."""

    secret: str

    def code(self, *, steps: int = 0) -> str:
        """Return the code of this half minute, or of one `steps` later."""
        return format_hotp_value(hotp_value(self.secret, int(time.time()) // 30 + steps))


def sign_in(email: str, password: str = PASSWORD, client: Client | None = None, **more: object) -> Client:
    """Send the sign-in form; whether it was accepted is for the caller to see."""
    person(email)
    client = client or Client()
    client.post(LOGIN, {"login": email, "password": password}, **more)  # type: ignore[arg-type]
    return client


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def set_up_app(client: Client) -> App:
    """Set an authenticator app up as the pages lead: password, QR code, first code."""
    page = f"{FACTOR}app/"
    asked = client.get(page)
    if asked.status_code == 302:
        client.post(asked.headers["Location"], {"password": PASSWORD, "next": page})
        asked = client.get(page)
    found = re.search(r"Secret: <code>(\w+)</code>", asked.content.decode())
    assert found is not None, asked.content.decode()
    app = App(found[1])
    assert client.post(page, {"code": app.code()}).headers["Location"] == f"{FACTOR}codes/"
    return app
