"""Strict readers of the process environment: a misspelt value stops the start, it never becomes a default."""

import math
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def read_text(name: str, default: str = "") -> str:
    """Return the variable; `NAME_FILE` names a file that holds it instead (container secrets)."""
    from_file = os.environ.get(f"{name}_FILE")
    if from_file:
        return Path(from_file).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default).strip()


def read_bool(name: str, *, default: bool) -> bool:
    """Return True or False; anything but exactly these two words raises ImproperlyConfigured."""
    value = read_text(name, str(default))
    if value not in {"True", "False"}:
        raise ImproperlyConfigured(f"{name} must be exactly True or False, not {value!r}.")
    return value == "True"


def read_choice(name: str, choices: Iterable[str], *, default: str) -> str:
    """Return one of `choices`; anything else raises ImproperlyConfigured."""
    value = read_text(name, default)
    if value not in set(choices):
        raise ImproperlyConfigured(f"{name} must be one of {sorted(choices)}, not {value!r}.")
    return value


def read_list(name: str) -> list[str]:
    """Return the comma-separated words of the variable, empty ones dropped."""
    return [word.strip() for word in read_text(name).split(",") if word.strip()]


def read_seconds(name: str, default: float) -> float:
    """Return a positive number of seconds; anything else raises ImproperlyConfigured."""
    value = read_text(name, str(default))
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ImproperlyConfigured(f"{name} must be a positive number of seconds, not {value!r}.")
    return seconds


def read_count(name: str, default: int) -> int:
    """Return a whole number from 0 on; anything else raises ImproperlyConfigured."""
    value = read_text(name, str(default))
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number from 0 on, not {value!r}.")
    return int(value)


def read_database(name: str, *, sqlite_path: Path) -> dict[str, Any]:
    """Return Django's settings for one database: PostgreSQL from a URL, or SQLite when the variable is empty.

    SQLite takes its write lock at the start of a transaction (IMMEDIATE): a deferred one fails at once
    when a reader turns writer, whatever the timeout.
    """
    url = read_text(name)
    if not url or url.startswith("sqlite:///"):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": url.removeprefix("sqlite:///") or str(sqlite_path),
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured(f"{name} must read postgres://user:password@host:port/name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.strip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def read_secret_key(name: str, *, path: Path, required: bool) -> str:
    """Return the signing key; outside production it is drawn once and kept in a file (mode 0600)."""
    value = read_text(name)
    if value:
        return value
    if required:
        raise ImproperlyConfigured(f"{name} must be set in production.")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64), encoding="utf-8")
        try:
            os.link(draft, path)  # fails when another process was first: both then read the same key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="utf-8").strip()
