"""Who asks: the request's id travels in a context variable from the middleware to the audit event."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
