"""Everything needs a sign-in but a short list of names, and some people's pages a second factor."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import resolve

from study.participants.second_factor import is_owed, remember_page

GetResponse = Callable[[HttpRequest], HttpResponse]

PUBLIC_URL_NAMES = frozenset(
    {
        "account_login",
        "account_logout",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "invitation",
        "health",
        "mfa_authenticate",
    }
)
# The pages by which a person who owes a second factor sets one up, or shows it.
SECOND_FACTOR_URL_NAMES = PUBLIC_URL_NAMES | {
    "account_change_password",
    "account_reauthenticate",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_deactivate_totp",
    "mfa_download_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_index",
    "mfa_list_webauthn",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_view_recovery_codes",
}


class NothingStoredMiddleware:
    """No page stays in a cache: a shared computer's next user reads none, nor does a proxy."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Cache-Control"] = "no-store"
        return response


class BeforeViewMiddleware:
    """What looks at a request only when its view is known."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class SignInRequiredMiddleware(BeforeViewMiddleware):
    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        match = resolve(request.path_info)
        if match.url_name in PUBLIC_URL_NAMES or request.path_info.startswith("/api/"):
            return None  # the API answers 401 by itself
        if not request.user.is_authenticated:
            if wants_json(request):
                return JsonResponse({"code": "signed_out", "message": "Your session has ended."}, status=401)
            return redirect_to_login(request.get_full_path())
        return None


class SecondFactorMiddleware(BeforeViewMiddleware):
    """Send people who owe a second factor to the page that says why and how, and later back."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        is_open = resolve(request.path_info).url_name in SECOND_FACTOR_URL_NAMES
        if is_open or request.path_info.startswith("/api/") or not request.user.is_authenticated:
            return None
        if not is_owed(request, request.user):
            return None
        if wants_json(request):
            message = "Nothing was stored: your account needs a second factor first."
            return JsonResponse({"code": "second_factor", "message": message}, status=403)
        remember_page(request)
        return redirect("mfa_index")


def wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")
