"""The shop in a browser: a page at another origin, which logs in, buys, and watches its order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from chassis.testing.system import System
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.e2e.conftest import ROOT, Project
from tests.engines.storefront import served
from tests.servers.browser import browser
from tests.servers.oidc import OidcServer
from tests.servers.server import free_ports
from tests.trees import copy_tracked
from tests.waiting import PATIENCE, wait_until

CLAIMS = {"aud": ["shop"]}
MAPPINGS = [
    {"match": "storefront", "claims": {**CLAIMS, "roles": ["customer"]}},
    {"match": "*", "claims": {**CLAIMS, "sub": "${clientId}", "roles": ["merchant"]}},
]
CALLBACK = {
    "issuerId": "shop",
    "tokenExpiry": 600,
    "requestMappings": [
        {"requestParam": "client_id", "typeHeader": "at+jwt", **each} for each in MAPPINGS
    ],
}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OidcServer]:
    server = OidcServer(tmp_path_factory.mktemp("oidc"), [CALLBACK], login=True)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def origin_port() -> int:
    """The port of the page: its origin is in the spec, before it is served."""
    (port,) = free_ports(1)
    return port


@pytest.fixture(scope="module")
def system(
    provider: OidcServer, origin_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    root = tmp_path_factory.mktemp("browser") / "shop"
    copy_tracked(ROOT / "examples" / "shop", root)
    project = Project(root)
    project.edit(
        ("https://id.shop.example", provider.issuer("shop")),
        ("  timeout: 2s", f'  timeout: 2s\n  cors: ["http://localhost:{origin_port}"]'),
    )
    project.make("up", JWKS_URL=provider.jwks_url("shop"))
    yield System.running(root)
    project.make("down")


@pytest.fixture(scope="module")
def teapots(provider: OidcServer, system: System) -> None:
    """There are teapots in the shop."""
    merchant = {"authorization": f"Bearer {provider.token('shop', str(uuid4()))}"}
    with httpx.Client(base_url=system.url, headers=merchant, trust_env=False) as client:
        teapot = {"name": "Teapot", "category": "kitchen", "price": "19.90"}
        product = client.post("/products", json=teapot).raise_for_status().json()["product_id"]
        received = client.post(f"/stock-items/{product}/receive-stock", json={"quantity": 5})
        received.raise_for_status()
        wait_until(lambda: _is_on_sale(client, product), "the teapot in the shop window")


def _is_on_sale(client: httpx.Client, product: str) -> bool:
    found = client.get(f"/catalog/{product}")
    return found.status_code == 200 and found.json()["available"] == 5 and found.json()["listed"]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Chrome]:
    with browser(tmp_path) as page:
        yield page


def text(page: Chrome, id: str) -> str:
    return page.find_element(By.ID, id).text


def console(page: Chrome) -> str:
    """Return what the page has written to the console."""
    lines: list[dict[str, str]] = page.get_log("browser")  # type: ignore[no-untyped-call]
    return "\n".join(line["message"] for line in lines)


def see(page: Chrome, id: str, expected: str) -> None:
    """Wait until a part of the page has a text in it; else show what the page has."""
    try:
        wait_until(lambda: expected in text(page, id))
    except AssertionError as error:
        body = page.find_element(By.TAG_NAME, "body").text
        raise AssertionError(f"no {expected!r} in {id}:\n{body}\n{console(page)}") from error


def log_in(page: Chrome, subject: str) -> str:
    """Log in at the provider, and return the request for a code."""
    page.find_element(By.ID, "log-in").click()
    wait_until(lambda: page.find_elements(By.NAME, "username"), "the page of the provider")
    asked = page.current_url
    page.find_element(By.NAME, "username").send_keys(subject)
    page.find_element(By.CSS_SELECTOR, "[type=submit]").click()
    wait_until(lambda: page.title == "Shop", "the way back")
    return asked


@pytest.mark.usefixtures("teapots")
def test_a_customer_buys_a_teapot(
    system: System, provider: OidcServer, origin_port: int, page: Chrome, tmp_path: Path
) -> None:
    page.set_page_load_timeout(PATIENCE)
    customer = str(uuid4())
    issuer = provider.issuer("shop")
    with served(tmp_path / "page", origin_port, issuer=issuer, gateway=system.url) as origin:
        page.get(origin)
        see(page, "error", "401")
        asked = log_in(page, customer)
        assert "response_type=code" in asked
        assert "code_challenge_method=S256" in asked
        see(page, "caller", customer)
        see(page, "products", "Teapot")
        assert text(page, "error") == ""
        page.find_element(By.CSS_SELECTOR, "#products button").click()
        see(page, "cart", "2 x 19.90")
        page.find_element(By.ID, "check-out").click()
        see(page, "orders", "shipped: 39.80")
        assert text(page, "cart") == ""
        assert text(page, "error") == ""


@pytest.mark.usefixtures("teapots")
def test_a_page_at_another_origin_gets_nothing(
    system: System, provider: OidcServer, page: Chrome, tmp_path: Path
) -> None:
    """Although its user has logged in: the browser keeps the answers from it."""
    issuer = provider.issuer("shop")
    customer = str(uuid4())
    with served(tmp_path / "page", 0, issuer=issuer, gateway=system.url) as origin:
        page.get(origin)
        log_in(page, customer)
        see(page, "caller", customer)
        see(page, "error", "Failed to fetch")
        assert text(page, "products") == ""
