"""Forms of the second factor: a code works once in the time during which it would be admitted again."""

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.forms import Form


class _OnceOnly(Form):
    """RFC 6238, section 5.2: the verifier accepts no second use of a code that it accepted."""

    user: object
    authenticator: Authenticator

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP:
            steps = 2 * app_settings.TOTP_TOLERANCE + 1
            name = f"second-factor-code:{self.authenticator.pk}:{code.strip()}"
            if not cache.add(name, value=True, timeout=steps * app_settings.TOTP_PERIOD):
                raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_OnceOnly, AuthenticateForm):  # type: ignore[misc]
    pass


class RepeatedCodeForm(_OnceOnly, ReauthenticateForm):  # type: ignore[misc]
    pass
