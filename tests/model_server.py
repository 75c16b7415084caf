"""A small model server on this machine: real HTTP, with answers and faults that a test chooses.

``python -m tests.model_server PORT DELAY_S FAULTS TIMES`` runs it as a process of its own, to be
killed: every answer carries its request's seed, and every third of the first TIMES requests meets the next of
the comma-separated FAULTS.
"""

import contextlib
import itertools
import json
import socket
import struct
import sys
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


_counting = threading.Lock()

# What a vLLM server tells of itself.
TOLD: dict[str, dict[str, Any]] = {
    "/version": {"version": "0.33.0"},
    "/v1/models": {"data": [{"id": "tiny", "root": "/srv/models/tiny", "max_model_len": 4096}]},
}


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
    """One scripted reply; a body that is text goes out as it is.

    `cut` bytes of the body go out before the connection ends, by a reset when `is_reset`; `length` is what
    the header says of the body; `drip_s` is the pause after each of ten pieces. `endless` ("head" or "body")
    sends that part byte by byte and never ends it.
    """

    body: dict[str, Any] | str
    status: int = 200
    delay_s: float = 0.0
    cut: int | None = None
    is_reset: bool = False
    length: int | None = None
    drip_s: float = 0.0
    endless: str = ""


@dataclass
class ModelServer:
    """What the server will say, reply by reply (the last one again and again), and what it was asked."""

    url: str = ""
    replies: list[Reply] = field(default_factory=lambda: [Reply(completion(COMPLETE))])
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    told: Reply | None = None
    at_once: int = 0
    most_at_once: int = 0

    def reply_to(self, asked: dict[str, Any]) -> Reply:  # noqa: ARG002  the faulty server looks at it
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def seeded(seed: int) -> dict[str, Any]:
    """Return a good answer that names its seed, so that answers cannot be exchanged unseen."""
    return completion(COMPLETE.replace("Text about assessment.", f"Text about assessment, seed {seed}."))


def faults(answer: dict[str, Any], *, too_slow_s: float) -> dict[str, Reply]:
    """Return every way in which the server can misbehave over this answer, by name."""
    whole = len(json.dumps(answer))
    return {
        "reset": Reply(answer, cut=whole // 2, is_reset=True),
        "half": Reply(answer, cut=whole // 2),
        "too_short": Reply(answer, length=whole // 2),
        "too_long": Reply(answer, length=whole + 100),
        "half_json": Reply(json.dumps(answer)[: whole // 2]),
        "500": Reply("out of memory", 500),
        "503": Reply({"error": {"message": "engine is dead"}}, 503),
        "429": Reply({"error": {"message": "too many requests"}}, 429),
        "timeout": Reply(answer, delay_s=too_slow_s),
        "slow": Reply(answer, drip_s=0.05),
        "drip": Reply(answer, drip_s=too_slow_s * 0.6),
        "garbage": Reply("<html>proxy error</html>"),
        "not_http": Reply(answer, cut=0, is_reset=True),
        "empty": Reply(completion("")),
        "truncated": Reply(completion("## Assessment", finish_reason="length")),
    }


@dataclass
class FaultyServer(ModelServer):
    """Answers each request with its seed; every third of the first `times` requests meets the next fault."""

    names: tuple[str, ...] = ()
    times: int = 0
    delay_s: float = 0.0
    too_slow_s: float = 5.0
    _number: "itertools.count[int]" = field(default_factory=itertools.count)

    def reply_to(self, asked: dict[str, Any]) -> Reply:
        number, answer = next(self._number), seeded(asked["seed"])
        if self.names and number < self.times and number % 3 == 0:
            name = self.names[number // 3 % len(self.names)]
            return faults(answer, too_slow_s=self.too_slow_s)[name]
        return Reply(answer, delay_s=self.delay_s)


def _write(stream: Any, body: bytes, drip_s: float) -> None:
    size = max(1, len(body) // 10) if drip_s else max(1, len(body))
    for start in range(0, len(body), size):
        stream.write(body[start : start + size])
        stream.flush()
        time.sleep(drip_s)


@contextlib.contextmanager
def _counted(server: ModelServer) -> Iterator[None]:
    with _counting:
        server.at_once += 1
        server.most_at_once = max(server.most_at_once, server.at_once)
    yield
    with _counting:
        server.at_once -= 1


def _drip_without_end(stream: Any, part: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nX-Slow: "
    stream.write(head if part == "head" else head + b"very\r\n\r\n")
    while True:
        stream.write(b"x")
        stream.flush()
        time.sleep(0.02)


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            asked = json.loads(self.rfile.read(length))
            server.asked.append(asked)
            server.headers.append(dict(self.headers))
            with _counted(server):
                reply = server.reply_to(asked)
                time.sleep(reply.delay_s)
            self._send(reply)

        def do_GET(self) -> None:
            self._send(server.told or Reply(TOLD.get(self.path, ""), 200))

        def _send(self, reply: Reply) -> None:
            body = (reply.body if isinstance(reply.body, str) else json.dumps(reply.body)).encode()
            if reply.endless:
                with contextlib.suppress(ConnectionError):
                    _drip_without_end(self.wfile, reply.endless)
                return
            self.close_connection = reply.cut is not None or reply.length is not None
            with contextlib.suppress(ConnectionError):  # the client may have given up
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(body) if reply.length is None else reply.length))
                self.end_headers()
                _write(self.wfile, body[: reply.cut], reply.drip_s)
            if reply.is_reset:
                linger = struct.pack("ii", 1, 0)  # closing then sends RST
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.rfile.close()
                self.connection.close()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
            pass

    return Handler


class _Listener(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients that leave in the middle are the point


@contextlib.contextmanager
def running_model_server(server: ModelServer | None = None, port: int = 0) -> Iterator[ModelServer]:
    server = server or ModelServer()
    http = _Listener(("127.0.0.1", port), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


if __name__ == "__main__":
    faulty = FaultyServer(
        names=tuple(sys.argv[3].split(",")) if sys.argv[3] else (),
        times=int(sys.argv[4]),
        delay_s=float(sys.argv[2]),
    )
    with running_model_server(faulty, int(sys.argv[1])):
        threading.Event().wait()
