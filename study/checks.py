"""System checks: what this installation must have before it serves."""

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from study.protocol.trigger_install import missing_triggers


@register(Tags.security)
def production_has_a_server_database(**_: Any) -> list[CheckMessage]:
    """Refuse SQLite in production: one host and some fifty people are its limit."""
    if settings.PRODUCTION and "sqlite3" in settings.DATABASES["default"]["ENGINE"]:
        return [
            Error(
                "Production needs PostgreSQL.",
                hint="Set DATABASE_URL=postgres://user:password@host:port/name.",
                id="study.E001",
            )
        ]
    return []


@register(Tags.security)
def production_has_a_broker(**_: Any) -> list[CheckMessage]:
    if settings.PRODUCTION and not settings.REDIS_URL:
        return [Error("Production needs Redis.", hint="Set REDIS_URL=redis://host:port/0.", id="study.E002")]
    return []


# What production must have: a sentence, and a test of the settings.
GUARDS: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    ("ALLOWED_HOSTS names hosts, without *", lambda s: bool(s.ALLOWED_HOSTS) and "*" not in s.ALLOWED_HOSTS),
    (
        "CSRF_TRUSTED_ORIGINS are https",
        lambda s: all(o.startswith("https://") for o in s.CSRF_TRUSTED_ORIGINS),
    ),
    ("DEBUG is off", lambda s: not s.DEBUG),
    ("passwords are hashed with Argon2", lambda s: "Argon2" in s.PASSWORD_HASHERS[0]),
    ("plain HTTP is sent to HTTPS", lambda s: s.SECURE_SSL_REDIRECT),
    ("HSTS lasts a year or more", lambda s: s.SECURE_HSTS_SECONDS >= 365 * 24 * 3600),
    ("cookies are secure", lambda s: s.SESSION_COOKIE_SECURE and s.CSRF_COOKIE_SECURE),
    ("scripts read no cookie", lambda s: s.SESSION_COOKIE_HTTPONLY and s.CSRF_COOKIE_HTTPONLY),
    (
        "cookies are bound to this host (__Host-)",
        lambda s: all(
            name.startswith("__Host-") and path == "/" and domain is None
            for name, path, domain in (
                (s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN),
                (s.CSRF_COOKIE_NAME, s.CSRF_COOKIE_PATH, s.CSRF_COOKIE_DOMAIN),
            )
        ),
    ),
    ("attempts are counted over all processes", lambda s: "SharedCache" in s.CACHES["default"]["BACKEND"]),
    ("passkeys check their origin", lambda s: not s.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN),
)


@register(Tags.security)
def production_is_guarded(**_: Any) -> list[CheckMessage]:
    """Refuse a production whose accounts and pages lack a guard."""
    broken = [sentence for sentence, holds in GUARDS if settings.PRODUCTION and not holds(settings)]
    return [
        Error(f"Production needs this: {sentence}.", hint="See deploy/README.md.", id="study.E004")
        for sentence in broken
    ]


@register(Tags.database)
def triggers_are_installed(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuse to serve while a guard of the invariants is missing or different."""
    messages: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if "study_study" not in connection.introspection.table_names():
            continue
        missing = missing_triggers(connection)
        if missing:
            messages.append(
                Error(
                    f"{len(missing)} database triggers are missing or different.",
                    hint="Run manage.py migrate: it installs them.",
                    obj=", ".join(sorted(missing)[:3]),
                    id="study.E003",
                )
            )
    return messages
