"""TLS with clients and units, and keys that the gateway fetches from the issuer."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import jwt
import pytest
from chassis.embedded import keys
from chassis.embedded.paths import ProjectPaths
from chassis.gateway import GatewayError, variables

from tests.servers.authority import Authority, Issued
from tests.waiting import PATIENCE, wait_until

from . import gateways
from .gateways import Gateway, accepted
from .rendering import render


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def client_of(gateway: Gateway, authority: Authority, headers: Mapping[str, str]) -> httpx.Client:
    context = ssl.create_default_context(cafile=authority.issue("anybody").ca)
    return httpx.Client(
        base_url=gateway.url, verify=context, timeout=PATIENCE, trust_env=False, headers=headers
    )


def test_clients_are_served_over_tls_alone(tmp_path: Path, authority: Authority) -> None:
    edge = authority.issue("gateway")
    settings = {
        "GATEWAY_TLS_CERTIFICATE": str(edge.certificate),
        "GATEWAY_TLS_KEY": str(edge.key),
    }
    with gateways.running(tmp_path, render(), settings, scheme="https") as gateway:
        authorization = {"authorization": f"Bearer {gateway.token()}"}
        with client_of(gateway, authority, authorization) as client:
            answer = client.get("/orders/a")
            assert answer.status_code == 200
            assert answer.json()["headers"]["x-forwarded-proto"] == "https"
        address = httpx.URL(gateway.url)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://{address.host}:{address.port}/livez", trust_env=False)
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{gateway.url}/livez", verify=old, trust_env=False)


def test_the_gateway_and_the_units_prove_who_they_are(tmp_path: Path, authority: Authority) -> None:
    """A unit sees the certificate of the gateway; one of another authority is not believed."""
    settings = authority.issue("gateway").settings("MESH_TLS")
    order = authority.issue("order")
    (tmp_path / "evil").mkdir()
    evil = Authority(tmp_path / "evil", "evil").issue("order_history")
    with gateways.running(tmp_path, render(), settings, tls=(order, evil)) as gateway:
        token = gateway.token()
        wait_until(
            lambda: gateway.ask("GET", "/orders/a", token).status_code == 200, "the unit is healthy"
        )
        answer = gateway.ask("GET", "/history/a", token)
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:problem:unavailable")
        assert gateway.order_history.asked("/a") == []


@dataclass
class Issuer:
    """A server with the keys of an issuer, over TLS."""

    jwks: bytes = b""
    asked: int = 0
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, issuer: Issuer, *args: object) -> None:
        self._issuer = issuer
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        with self._issuer.lock:
            self._issuer.asked += 1
        self.send_response(200)
        self.send_header("content-length", str(len(self._issuer.jwks)))
        self.end_headers()
        self.wfile.write(self._issuer.jwks)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def issuer_with(jwks: bytes, certificate: Issued) -> Iterator[Issuer]:
    issuer = Issuer(jwks)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, issuer))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        issuer.url = f"https://localhost:{server.server_port}/jwks"
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_keys_are_fetched_before_a_request_needs_them(tmp_path: Path, authority: Authority) -> None:
    elsewhere = ProjectPaths(tmp_path / "issuer")
    elsewhere.root.mkdir()
    keys.ensure_keys(elsewhere)
    certificate = authority.issue("issuer")
    with issuer_with(elsewhere.jwks.read_bytes(), certificate) as issuer:
        settings = {"JWKS_URL": issuer.url, "JWKS_CA_FILE": str(certificate.ca)}
        with gateways.running(tmp_path, render(), settings) as gateway:
            wait_until(lambda: issuer.asked > 0, "the keys are fetched")
            kid = json.loads(issuer.jwks)["keys"][0]["kid"]
            headers = {"kid": kid, "typ": "at+jwt"}
            key = elsewhere.signing_key.read_bytes()
            token = jwt.encode(accepted(), key, algorithm="RS256", headers=headers)
            wait_until(
                lambda: gateway.ask("GET", "/orders/a", token).status_code == 200, "the keys"
            )
            assert gateway.ask("GET", "/orders/a", gateway.token()).status_code == 401


def test_keys_of_an_untrusted_server_are_not_believed(tmp_path: Path, authority: Authority) -> None:
    (tmp_path / "evil").mkdir()
    paths = ProjectPaths(tmp_path)
    keys.ensure_keys(paths)
    evil = Authority(tmp_path / "evil", "evil").issue("issuer")
    with issuer_with(paths.jwks.read_bytes(), evil) as issuer:
        settings = {"JWKS_URL": issuer.url, "JWKS_CA_FILE": str(authority.issue("issuer").ca)}
        with gateways.running(tmp_path, render(), settings) as gateway:
            assert gateway.ask("GET", "/orders/a", gateway.token()).status_code == 401
            assert issuer.asked == 0


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_has_any_case(gateway: Gateway, scheme: str) -> None:
    headers = {"authorization": f"{scheme} {gateway.token()}"}
    assert gateway.ask("GET", "/orders/a", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "all"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "99"}, "TRUSTED_PROXIES"),
        ({"JWKS_URL": "ftp://id.example/jwks"}, "JWKS_URL"),
        ({"JWKS_URL": "https:///jwks"}, "JWKS_URL"),
        ({"GATEWAY_TLS_KEY": "key.pem"}, "GATEWAY_TLS_CERTIFICATE"),
        ({"MESH_TLS_CA": "ca.pem", "MESH_TLS_KEY": "key.pem"}, "MESH_TLS_CERTIFICATE"),
    ],
)
def test_wrong_settings_are_said(settings: dict[str, str], named: str) -> None:
    with pytest.raises(GatewayError, match=named):
        variables({"JWKS_FILE": "jwks.json", **settings})


def test_a_file_name_is_no_yaml() -> None:
    """What is in a setting stays a text, whatever its characters mean elsewhere."""
    found = variables({"JWKS_FILE": 'a"}, evil: {b: "c'})
    assert found["JWKS"] == r'local_jwks: {"filename": "a\"}, evil: {b: \"c"}'
