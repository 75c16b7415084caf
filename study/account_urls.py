"""The few pages of the account package that this site uses: no sign-up, no address book."""

from allauth.account import views
from allauth.mfa.base import views as factor_views
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import views as app_views
from allauth.mfa.webauthn import views as passkey_views
from django.urls import URLPattern, include, path, re_path
from django.views.decorators.http import require_http_methods

from study.participants.account_views import second_factor, sign_out

second_factor_urls = [
    path("", second_factor, name="mfa_index"),
    path("sign-in/", factor_views.authenticate, name="mfa_authenticate"),
    path("confirm/", factor_views.reauthenticate, name="mfa_reauthenticate"),
    path("app/", app_views.activate_totp, name="mfa_activate_totp"),
    path("app/remove/", app_views.deactivate_totp, name="mfa_deactivate_totp"),
    path("codes/", code_views.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("codes/new/", code_views.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("codes/file/", code_views.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("passkeys/", passkey_views.list_webauthn, name="mfa_list_webauthn"),
    path("passkeys/add/", passkey_views.add_webauthn, name="mfa_add_webauthn"),
    path("passkeys/confirm/", passkey_views.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("passkeys/<int:pk>/remove/", passkey_views.remove_webauthn, name="mfa_remove_webauthn"),
]

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", sign_out, name="account_logout"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("second-factor/", include(second_factor_urls)),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

# Of itself the package would take PUT for POST, and answer OPTIONS.
for each in (*second_factor_urls, *urlpatterns):
    if isinstance(each, URLPattern):
        each.callback = require_http_methods(["GET", "HEAD", "POST"])(each.callback)
