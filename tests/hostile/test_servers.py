"""The server of a model comes from the operator's settings alone, and a message to a worker is JSON alone."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from kombu import Connection, Queue
from kombu.exceptions import ContentDisallowed

from study.broker import QUEUE, app
from study.engines.base import EngineError, EngineSettings, RejectionError
from study.engines.openai_http import OpenAIHTTPEngine
from study.engines.profiles.loader import DIRECTORY, ProfileError, load_profile
from study.protocol.model_servers import allowed_base_urls
from study.responses.forms import ModelSetupForm
from study.responses.models import Generation, ModelSetup
from study.responses.services.setups import engine_for
from study.responses.worker import request_for
from tests.hostile.attacks import PICKLED
from tests.hostile.doors import ANSWER, _answers
from tests.model_server import ModelServer
from tests.responses.conftest import asking_study

ELSEWHERE = (
    *(
        "http://169.254.169.254/latest",
        "http://127.0.0.1:22/",
        "file:///etc/passwd",
        "gopher://a",
        "//evil/v1",
    ),
    *("http://[::1]/v1", "http://0x7f000001/v1", "http://allowed.example@evil.example/v1"),
)


@contextmanager
def redirecting(status: int, target: str) -> Iterator[str]:
    """A server that sends whoever asks to another one."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Location", f"{target}/chat/completions")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


@pytest.mark.django_db
@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_row_that_names_another_server_is_not_asked(
    url: str, model_server: ModelServer, settings: Any
) -> None:
    study = asking_study(model_server, settings)
    ModelSetup.objects.filter(arm__study=study).update(base_url=url)
    setup = ModelSetup.objects.get(arm__study=study)
    with pytest.raises(RejectionError, match="not one that this installation may ask"):
        engine_for(setup, study.study_vignettes.all()[0].version, word_cap=250)
    assert not model_server.asked


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_form_that_names_another_server_is_refused(url: str) -> None:
    form = ModelSetupForm({"engine": "openai", "base_url": url}, base_urls=allowed_base_urls())
    assert "base_url" in form.errors


@pytest.mark.django_db
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_refusal_and_not_followed(
    status: int, model_server: ModelServer, settings: Any
) -> None:
    request = request_for(Generation.objects.filter(study=asking_study(model_server, settings))[0])
    with redirecting(status, model_server.url) as url:
        engine = OpenAIHTTPEngine(EngineSettings(model="tiny", base_url=url, timeout_s=5))
        with pytest.raises(EngineError):
            engine.generate(request)
    assert not model_server.asked


def test_neither_a_profile_nor_an_imported_answer_can_name_a_server(tmp_path: Path) -> None:
    text = (DIRECTORY / "plain-instruct.yaml").read_text("utf-8")
    (tmp_path / "plain-instruct.yaml").write_text(f"{text}\nbase_url: http://evil.example/v1\n", "utf-8")
    with pytest.raises(ProfileError, match="base_url"):
        load_profile(tmp_path / "plain-instruct.yaml")
    line = repr({**ANSWER, "base_url": "http://evil.example/v1"}).replace("'", '"').encode()
    with pytest.raises(Exception, match="base_url: is not known"):
        _answers(line)


@pytest.mark.parametrize(
    "content_type", ["application/x-python-serialize", "application/x-yaml", "text/evil"]
)
def test_a_worker_takes_no_message_but_json(content_type: str) -> None:
    refused: list[Exception] = []
    with Connection("memory://") as connection:
        channel = connection.default_channel
        consumer = app.amqp.TaskConsumer(channel, queues=[Queue(QUEUE)])
        consumer.on_decode_error = lambda *told: refused.append(told[1])
        consumer.register_callback(lambda *_: pytest.fail("the message was read"))
        consumer.consume()
        message = channel.prepare_message(
            base64.b64encode(PICKLED).decode(), content_type=content_type, content_encoding="binary"
        )
        channel.basic_publish(message, exchange="", routing_key=QUEUE)
        connection.drain_events(timeout=1)
    assert [type(error) for error in refused] == [ContentDisallowed]
