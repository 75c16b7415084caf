"""A model's server that sends its asker elsewhere is not followed: the operator named one address only."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from study.engines.base import EngineError, EngineSettings, GenerationRequest
from study.engines.openai_http import OpenAIHTTPEngine
from study.engines.sampling import complete_sampling
from tests.model_server import ModelServer

REQUEST = GenerationRequest(({"role": "user", "content": "?"},), complete_sampling({}), 42, "generation-5-1")


@pytest.fixture(params=[301, 302, 307, 308])
def redirecting_url(request: pytest.FixtureRequest, model_server: ModelServer) -> Iterator[str]:
    """The address of a server that sends everybody to the other one."""

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(request.param)
            self.send_header("Location", f"{model_server.url}/chat/completions")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_a_redirect_is_not_followed(redirecting_url: str, model_server: ModelServer) -> None:
    settings = EngineSettings(
        model="tiny", revision="abc", base_url=redirecting_url, api_key="key", timeout_s=5.0
    )
    with pytest.raises(EngineError):
        OpenAIHTTPEngine(settings).generate(REQUEST)
    assert (model_server.asked, model_server.headers) == ([], [])
