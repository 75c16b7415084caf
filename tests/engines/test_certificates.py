"""A model's server over HTTPS is asked only when its certificate is one that this machine trusts."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from study.engines.base import EngineSettings, GenerationRequest, InterruptionError
from study.engines.openai_http import OpenAIHTTPEngine
from study.engines.sampling import complete_sampling

REQUEST = GenerationRequest(({"role": "user", "content": "?"},), complete_sampling({}), 42, "generation-5-1")


class Listening(BaseHTTPRequestHandler):
    asked = 0

    def do_POST(self) -> None:
        type(self).asked += 1
        self.send_error(500)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def write_certificate(path: Path) -> None:
    """Write a key and a certificate that nobody but itself has signed, good for this machine and an hour."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now).not_valid_after(now + timedelta(hours=1)).add_extension(here, False)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


@pytest.fixture
def untrusted_url(tmp_path: Path) -> Iterator[str]:
    write_certificate(tmp_path / "server.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_a_server_with_a_certificate_that_nobody_vouches_for_is_asked_nothing(untrusted_url: str) -> None:
    settings = EngineSettings(
        model="tiny", revision="abc", base_url=untrusted_url, api_key="key", timeout_s=5.0
    )
    with pytest.raises(InterruptionError, match="cannot be reached"):
        OpenAIHTTPEngine(settings).generate(REQUEST)
    assert Listening.asked == 0
