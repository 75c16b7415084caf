"""nginx with the deployment's allow-list, before a server of these tests."""

import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.responses.faults.processes import ROOT, Process, running
from tests.servers import MissingProgramError, free_port

SHIPPED = ROOT / "deploy" / "nginx-vllm.conf"
WEB_HOST = "192.0.2.10"
_AROUND = """
pid {home}/nginx.pid;
daemon off;
{user}
error_log {home}/error.log;
events {{ }}
http {{
    access_log off;
    {paths}
    include {home}/site.conf;
}}
"""


def nginx_program() -> Path:
    """Return nginx; outside root's path, too."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise MissingProgramError("nginx is not installed: apt-get install nginx")
    return Path(found)


@dataclass(frozen=True)
class Proxy:
    """A running nginx: its address, and the certificate that it shows."""

    url: str
    certificate: Path

    def client(self) -> httpx.Client:
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        return httpx.Client(base_url=self.url, verify=trusted, trust_env=False, timeout=30)


@contextmanager
def proxy(home: Path, server: str, *, allowed: str) -> Iterator[Proxy]:
    """Run nginx before `server` as it is shipped, but for its ports, its files and the address allowed in."""
    home.mkdir()
    port, key, certificate = free_port(), home / "vllm.key", home / "vllm.pem"
    _sign(key, certificate)
    changes = {
        "listen 8443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/ssl/equipoise/vllm.pem": str(certificate),
        "/etc/ssl/equipoise/vllm.key": str(key),
        f"allow {WEB_HOST};": f"allow {allowed};",
        "http://127.0.0.1:8001": server,
    }
    site = SHIPPED.read_text(encoding="utf-8")
    for shipped, ours in changes.items():
        assert shipped in site
        site = site.replace(shipped, ours)
    (home / "site.conf").write_text(site, encoding="utf-8")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "\n    ".join(f"{kind}_temp_path {home}/{kind};" for kind in kinds)
    user = "user root;" if os.geteuid() == 0 else ""
    main = home / "nginx.conf"
    main.write_text(_AROUND.format(home=home, user=user, paths=paths), encoding="utf-8")
    command = [str(nginx_program()), "-p", str(home), "-c", str(main), "-e", str(home / "error.log")]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    with running(Process("nginx", command, home, lambda _: _listens(port))):
        yield Proxy(f"https://127.0.0.1:{port}", certificate)


def _sign(key: Path, certificate: Path) -> None:
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    names = ["-subj", "/CN=vllm.internal", "-addext", "subjectAltName=DNS:vllm.internal,IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate), "-days", "2"]
    subprocess.run([*request, *names, *files], check=True, capture_output=True)


def _listens(port: int) -> bool:
    try:
        httpx.get(f"https://127.0.0.1:{port}/", verify=False, trust_env=False, timeout=5)  # noqa: S501
    except httpx.TransportError:
        return False
    return True
