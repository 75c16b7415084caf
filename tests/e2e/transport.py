"""httpx as a browser's transport: cookies, redirects, forms."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx

from study.demonstration.browser import Answer, Fields, Page

NewTransport = Callable[[], "HttpTransport"]


class HttpTransport:
    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def get(self, path: str) -> Answer:
        return self._answer(self._client.get(path))

    def post(self, path: str, fields: Fields) -> Answer:
        data: dict[str, Any] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        return self._answer(self._client.post(path, data=data))

    def download(self, path: str) -> bytes:
        """Return the bytes of a file of the site; an error status raises."""
        return self._client.get(path).raise_for_status().content

    @staticmethod
    def _answer(response: httpx.Response) -> Answer:
        return Answer(response.status_code, str(response.url), response.text)


@contextmanager
def transports(origin: str) -> Iterator[NewTransport]:
    """Give as many sessions with one site as are asked for; all are closed at the end."""
    with ExitStack() as stack:

        def new() -> HttpTransport:
            # No idle connections: the server may close one at the moment in which it is used again.
            client = httpx.Client(
                base_url=origin,
                follow_redirects=True,
                timeout=60,
                headers={"Referer": origin},
                limits=httpx.Limits(max_keepalive_connections=0),
            )
            return HttpTransport(stack.enter_context(client))

        yield new


def generation_is_over(page: Page) -> bool:
    """Whether the page of the models or of the judges says that nothing runs or waits."""
    return "0 running, 0 queued" in page.texts("[data-part$=-progress]")[0]
