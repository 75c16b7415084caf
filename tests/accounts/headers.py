"""What every answer of the site must carry, and what none may hold."""

import re
from collections.abc import Iterator
from http.cookies import Morsel
from typing import Any, Final

ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
DIRECTIVES: Final = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}
# A figure is an SVG file with a style sheet of its own; in exchange no script runs in it at all.
FIGURE: Final = DIRECTIVES - {"script-src 'self'", "style-src 'self'"} | {
    "script-src 'none'",
    "style-src 'unsafe-inline'",
}
DENIED: Final = (
    "camera",
    "microphone",
    "geolocation",
    "payment",
    "usb",
    "display-capture",
    "browsing-topics",
)
NAMED: Final = ("Server", "X-Powered-By", "Via", "Access-Control-Allow-Origin")
OTHER_ORIGIN: Final = (
    re.compile(
        r"<[^>]*\s(?:src|srcset|href|action|formaction|poster|data|ping)\s*=\s*[\"']?(?:https?:)?//[^>]*"
    ),
    re.compile(r"url\(\s*[\"']?(?:https?:)?//[^)]*"),
    re.compile(r"@import[^;]*//[^;]*"),
)
INLINE: Final = (
    re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", re.IGNORECASE),
    re.compile(r"<style\b[^>]*>", re.IGNORECASE),
    re.compile(r"<[^>]*\sstyle\s*=[^>]*>", re.IGNORECASE),
    re.compile(r"<[^>]*\son[a-z]+\s*=[^>]*>", re.IGNORECASE),
)


def faults(response: Any, *, is_static: bool = False, is_production: bool = False) -> Iterator[str]:
    """Yield a sentence for each thing that an answer lacks or should not hold."""
    headers = response.headers
    for name, value in ALWAYS.items():
        if headers.get(name) != value:
            yield f"{name} is {headers.get(name)}"
    policy = {part.strip() for part in headers.get("Content-Security-Policy", "").split(";")}
    expected = FIGURE if "/report/figures/" in response.request["PATH_INFO"] else DIRECTIVES
    if policy not in (DIRECTIVES, expected):
        yield f"the content policy differs: {sorted(policy ^ DIRECTIVES)}"
    if any(f"{each}=()" not in headers.get("Permissions-Policy", "") for each in DENIED):
        yield "the permissions policy is lax or missing"
    if not is_static and headers.get("Cache-Control") != "no-store":
        yield f"Cache-Control is {headers.get('Cache-Control')}"
    yield from (f"{name} is sent" for name in NAMED if name in headers)
    if is_production and "max-age=31536000" not in headers.get("Strict-Transport-Security", ""):
        yield "HSTS is missing"
    for cookie in response.cookies.values():
        yield from _cookie_faults(cookie, is_production=is_production)
    yield from _content_faults(response)


def _cookie_faults(cookie: "Morsel[str]", *, is_production: bool) -> Iterator[str]:
    if not cookie["httponly"] or cookie["samesite"] != "Lax" or cookie["path"] != "/" or cookie["domain"]:
        yield f"the cookie {cookie.OutputString()} is open"
    if is_production and not (cookie["secure"] and cookie.key.startswith("__Host-")):
        yield f"the cookie {cookie.key} is not bound to this host over HTTPS"


def _content_faults(response: Any) -> Iterator[str]:
    kind = response.headers.get("Content-Type", "")
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if not kind.startswith(("text/html", "text/css", "image/svg")):
        return
    text = body.decode()
    for pattern in OTHER_ORIGIN:
        yield from (f"another origin: {hit.group()[:120]}" for hit in pattern.finditer(text))
    is_download = "attachment" in response.headers.get("Content-Disposition", "")
    for pattern in () if is_download or not kind.startswith("text/html") else INLINE:
        yield from (f"inline: {hit.group()[:120]}" for hit in pattern.finditer(text))
