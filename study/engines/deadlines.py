"""HTTP calls that end in time whatever the server sends.

httpx's own time-outs are for each read: a server that sends a byte now and then holds such a call for ever.
"""

import math
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import httpcore
import httpx

_PIECE: Final = 65_536
_ends_at: ContextVar[float] = ContextVar("ends_at", default=math.inf)


@contextmanager
def ending_within(seconds: float) -> Iterator[None]:
    """End every call that this thread makes inside by a time-out, at the latest after so many seconds."""
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def _time_left(timeout: float | None, late: type[Exception]) -> float | None:
    left = _ends_at.get() - time.monotonic()
    if left <= 0:
        raise late("the whole call took too long")
    allowed = min(left, math.inf if timeout is None else timeout)
    return None if allowed == math.inf else allowed


class _Stream(httpcore.NetworkStream):
    """One connection, whose reads and writes each get no more time than the call has left."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _time_left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            piece = buffer[start : start + _PIECE]
            self._stream.write(piece, _time_left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        allowed = _time_left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, allowed))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Network(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        allowed = _time_left(timeout, httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, allowed, local_address, socket_options))


class DeadlineTransport(httpx.HTTPTransport):
    """httpx's transport without proxies, on connections that keep to `ending_within`."""

    def __init__(self, limits: httpx.Limits) -> None:
        # Beside the public authorities those of this machine: a house signs its internal servers itself.
        trusted = httpx.create_ssl_context(trust_env=False)
        trusted.load_default_certs()
        # The pool is all that the base class sets up, and it has no way to hand over a network.
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusted,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Network(),
        )
