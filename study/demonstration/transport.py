"""Django's own test client as a transport: real requests through every middleware, without a server."""

from urllib.parse import urlencode, urlsplit

from django.test import Client

from study.demonstration.browser import Answer, Fields

ORIGIN = "http://127.0.0.1"


class InProcessTransport:
    def __init__(self) -> None:
        self._client = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})

    def get(self, path: str) -> Answer:
        return self._follow(path, None)

    def post(self, path: str, fields: Fields) -> Answer:
        return self._follow(path, fields)

    def _follow(self, path: str, fields: Fields | None) -> Answer:
        for _ in range(10):
            parts = urlsplit(path)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            if fields is None:
                response = self._client.get(target)
            else:
                body = urlencode(fields)
                response = self._client.post(target, body, content_type="application/x-www-form-urlencoded")
            if response.status_code not in {301, 302, 303}:
                return Answer(response.status_code, ORIGIN + target, response.content.decode())
            path, fields = response.headers["Location"], None
        raise RuntimeError(f"too many redirects at {path}")
