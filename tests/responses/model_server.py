"""A small model server on this machine: real HTTP, with answers and faults that a test chooses."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMPLETE = "\n\n".join(
    f"## {heading}\n\nText about {heading.lower()}."
    for heading in (
        "Assessment",
        "Recommended action",
        "What to avoid",
        "Monitoring",
        "Escalation and communication",
    )
)


def completion(content: str | None, *, finish_reason: str = "stop", **message: Any) -> dict[str, Any]:
    """Return the body of a chat completion as vLLM sends it."""
    return {
        "id": "chatcmpl-1",
        "model": "tiny-served",
        "choices": [{"index": 0, "finish_reason": finish_reason, "message": {"content": content, **message}}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7},
    }


@dataclass(frozen=True)
class Reply:
    """One scripted reply; a body that is text goes out as it is."""

    body: dict[str, Any] | str
    status: int = 200
    delay_s: float = 0.0


@dataclass
class ModelServer:
    """What the server will say, reply by reply (the last one again and again), and what it was asked."""

    url: str = ""
    replies: list[Reply] = field(default_factory=lambda: [Reply(completion(COMPLETE))])
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            server.asked.append(json.loads(self.rfile.read(length)))
            server.headers.append(dict(self.headers))
            reply = server.next_reply()
            time.sleep(reply.delay_s)
            self._send(reply)

        def do_GET(self) -> None:
            self._send(Reply({"version": "0.33.0"} if self.path == "/version" else "", 200))

        def _send(self, reply: Reply) -> None:
            body = (reply.body if isinstance(reply.body, str) else json.dumps(reply.body)).encode()
            with contextlib.suppress(ConnectionError):  # the client may have given up
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
            pass

    return Handler


@contextlib.contextmanager
def running_model_server() -> Iterator[ModelServer]:
    server = ModelServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
