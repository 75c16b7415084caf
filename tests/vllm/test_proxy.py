"""The allow-list before a model's server passes what the worker asks, from the web host, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.vllm.campaign import PROFILE, Place, manage
from tests.vllm.conftest import Servers
from tests.vllm.processes import KEY, server_url
from tests.vllm.proxy import WEB_HOST, Proxy, proxy

PASSED = {"/v1/chat/completions": "POST", "/v1/models": "GET", "/version": "GET", "/health": "GET"}
BEARER = {"Authorization": f"Bearer {KEY}"}
QUESTION = {"model": "script", "messages": [{"role": "user", "content": "What now?"}], "max_tokens": 16}


@pytest.fixture(scope="module")
def open_proxy(home: Path, servers: Servers) -> Iterator[Proxy]:
    with proxy(home / "open-proxy", server_url(servers.script), allowed="127.0.0.1") as ready:
        yield ready


@pytest.fixture(scope="module")
def paths(servers: Servers) -> list[str]:
    """Every path that the server itself declares, and some that it answers without declaring."""
    declared = httpx.get(f"{server_url(servers.script)}/openapi.json", trust_env=False).json()["paths"]
    hidden = [
        "/docs",
        "/redoc",
        "/openapi.json",
        "/update_weights",
        "/v1/models/",
        "/v1/../metrics",
        "//metrics",
    ]
    return [*declared, *hidden]


def _status(client: httpx.Client, method: str, path: str, headers: dict[str, str]) -> int:
    body = QUESTION if method == "POST" else None
    return client.request(method, path.replace("{response_id}", "1"), json=body, headers=headers).status_code


def test_the_four_paths_pass_and_the_key_is_asked_for_behind_them(open_proxy: Proxy) -> None:
    with open_proxy.client() as client:
        answers = {path: _status(client, method, path, BEARER) for path, method in PASSED.items()}
        keyless = {path: _status(client, method, path, {}) for path, method in PASSED.items()}
    assert answers == dict.fromkeys(PASSED, 200)
    assert keyless == {"/v1/chat/completions": 401, "/v1/models": 401, "/version": 200, "/health": 200}


def test_a_model_is_tried_through_the_proxy_whose_certificate_the_house_signed(
    open_proxy: Proxy, variables: dict[str, str]
) -> None:
    own = {"EQUIPOISE_LLM_API_KEY": KEY, "SSL_CERT_FILE": str(open_proxy.certificate)}
    place = Place("server", "openai", {}, variables | own)
    said = manage(place, "model_trial", str(PROFILE), "MS-01", "--base-url", f"{open_proxy.url}/v1")
    assert "Outcome: answered (finish reason stop, 53 words" in said
    assert KEY not in said


def test_no_other_path_of_the_server_passes_by_any_method(open_proxy: Proxy, paths: list[str]) -> None:
    with open_proxy.client() as client:
        others = [path for path in paths if path not in PASSED]
        answers = {_status(client, method, path, BEARER) for path in others for method in ("GET", "POST")}
        wrong = {_status(client, "DELETE", path, BEARER) for path in PASSED}
    assert len(others) > 10
    assert (answers, wrong) == ({404}, {403})


def test_the_server_itself_answers_on_paths_that_its_key_does_not_guard(servers: Servers) -> None:
    with httpx.Client(base_url=server_url(servers.script), trust_env=False) as client:
        assert client.get("/metrics").status_code == 200
        assert client.post("/invocations", json=QUESTION).status_code == 200
        assert client.get("/v1/models").status_code == 401


def test_from_any_other_host_nothing_passes(home: Path, servers: Servers) -> None:
    with (
        proxy(home / "closed-proxy", server_url(servers.script), allowed=WEB_HOST) as closed,
        closed.client() as client,
    ):
        answers = {_status(client, method, path, BEARER) for path, method in PASSED.items()}
    assert answers == {403}
