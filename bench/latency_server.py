"""A model server that costs next to nothing: ``python -m bench.latency_server PORT LATENCY_S WORDS``.

One asyncio process that answers every request after the same time, whatever else it is asked meanwhile. An
answer has about WORDS words, as many thoughts, and carries its request's seed.
"""

import asyncio
import json
import re
import sys
from typing import Any, Final, cast

from tests.model_server import TOLD, completion

SENTENCE: Final = (
    "The potassium was checked before the next dose and the interval to review was written down."
)
HEADINGS: Final = (
    "Assessment",
    "Recommended action",
    "What to avoid",
    "Monitoring",
    "Escalation and communication",
)
_SEED: Final = re.compile(rb'"seed": ?(\d+)')
_LENGTH: Final = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_MARK: Final = "000000"


def answer(words: int) -> dict[str, Any]:
    """Return a chat completion of about so many words in five sections, with as many of reasoning."""
    times = max(1, round(words / len(SENTENCE.split()) / len(HEADINGS)))
    sections = [f"## {heading}\n\n{' '.join([SENTENCE] * times)}" for heading in HEADINGS]
    sections[0] += f" This is seed {_MARK}."
    thoughts = " ".join([SENTENCE] * (times * len(HEADINGS)))
    return completion("\n\n".join(sections), reasoning=thoughts)


class Answers(asyncio.Protocol):
    """One connection: requests one after the other, each answered after the latency."""

    def __init__(self, latency_s: float, body: bytes) -> None:
        self._latency_s, self._body = latency_s, body
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        needed = int(length[1]) if length else 0
        if not found or len(rest) < needed:
            return
        self._received = rest[needed:]
        if head.startswith(b"GET"):
            told = TOLD.get(head.split()[1].decode(), {})
            self._send(json.dumps(told).encode())
            return
        seed = _SEED.search(rest)
        body = self._body.replace(_MARK.encode(), seed[1] if seed else b"")
        asyncio.get_running_loop().call_later(self._latency_s, self._send, body)

    def _send(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


async def serve(port: int, latency_s: float, words: int) -> None:
    body = json.dumps(answer(words)).encode()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answers(latency_s, body), "127.0.0.1", port, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
