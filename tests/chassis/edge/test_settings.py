"""The environment: everything that is wrong is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from chassis.hub.factory import ENGINES as HUBS
from chassis.settings import Settings, SettingsError
from chassis.store.factory import ENGINES

NEEDED = {"JWKS_FILE": "jwks.json", "ISSUER": "https://id.example", "AUDIENCE": "example"}


def test_what_is_needed_is_enough() -> None:
    settings = Settings.from_env(NEEDED)
    assert settings.jwks_file == Path("jwks.json")
    assert settings.log_level == "INFO"
    assert dict(settings.peers) == {}


def test_everything_can_be_said() -> None:
    settings = Settings.from_env(
        {
            **NEEDED,
            "PEERS": "order=http://127.0.0.1:1|http://127.0.0.1:2, cart=http://cart:80/,",
            "LOG_LEVEL": "debug",
            "DRAIN_DELAY": "2.5",
            "MAX_RUNNING": "8",
        }
    )
    assert settings.max_running == 8
    assert settings.peers == {
        "order": ("http://127.0.0.1:1", "http://127.0.0.1:2"),
        "cart": ("http://cart:80",),
    }
    assert settings.log_level == "DEBUG"
    assert settings.drain_delay == 2.5


def test_everything_wrong_is_said_at_once() -> None:
    wrong = {
        "HUB_URL": "redis://secret@localhost",
        "ISSUER": " ",
        "PEERS": "order,cart=http://cart:80|cart:80,a=http://a,a=http://b",
        "LOG_LEVEL": "loud",
        "DRAIN_TIMEOUT": "-1",
        "MAX_RUNNING": "0",
        "MAX_WAITING": "-",
    }
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(wrong)
    hubs = " or ".join(f"{scheme}://host:port" for scheme in HUBS)
    assert caught.value.problems == (
        f"HUB_URL is not of the form {hubs}",
        "JWKS_FILE is not set",
        "ISSUER is not set",
        "AUDIENCE is not set",
        "PEERS: 'order' is not of the form unit=http://host:port",
        "PEERS: 'cart=http://cart:80|cart:80' is not of the form unit=http://host:port",
        "PEERS: 'a' is given twice",
        "LOG_LEVEL is 'loud', but must be one of DEBUG, INFO, WARNING, ERROR",
        "MAX_RUNNING is '0', but must be a number of at least 1",
        "MAX_WAITING is '-', but must be a number of at least 1",
        "DRAIN_TIMEOUT is '-1', but must be a number of seconds",
    )


SERVER = "postgresql://shop:secret@db/shop"


def test_a_store_of_one_unit_may_be_elsewhere() -> None:
    env = {"STORE_URL": SERVER, "ORDER_HISTORY_STORE_URL": "postgresql://other/shop"}
    settings = Settings.from_env({**NEEDED, **env})
    assert settings.store_of("order") == SERVER
    assert settings.store_of("order_history") == "postgresql://other/shop"
    assert Settings.from_env(NEEDED).store_of("order") == ""


@pytest.mark.parametrize("name", ["STORE_URL", "ORDER_STORE_URL"])
def test_the_url_of_a_store_may_be_in_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "url").write_text(f"{SERVER}\n")
    settings = Settings.from_env({**NEEDED, f"{name}_FILE": str(tmp_path / "url")})
    assert settings.store_of("order") == SERVER
    assert "secret" not in repr(settings)


def test_the_other_urls_may_be_in_files(tmp_path: Path) -> None:
    (tmp_path / "hub").write_text("kafka://shop:secret@hub:9092")
    (tmp_path / "traces").write_text("http://collector:4318/")
    files = {"HUB_URL": "hub", "OTEL_EXPORTER_OTLP_ENDPOINT": "traces"}
    env = {f"{name}_FILE": str(tmp_path / file) for name, file in files.items()}
    settings = Settings.from_env({**NEEDED, **env})
    assert settings.hub_url == "kafka://shop:secret@hub:9092"
    assert settings.otel_exporter_otlp_endpoint == "http://collector:4318"
    assert "secret" not in repr(settings)


def test_an_empty_variable_is_not_set() -> None:
    env = {"HUB_URL": "", "STORE_URL_FILE": "", "ORDER_STORE_URL": " ", "STORE_URL": SERVER}
    settings = Settings.from_env({**NEEDED, **env})
    assert settings.hub_url == "nats://127.0.0.1:4222"
    assert settings.store_of("order") == SERVER


def test_all_problems_with_files_are_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff")
    (tmp_path / "wrong").write_text("mysql://shop:secret@db")
    wrong = {
        "HUB_URL": "kafka://hub:9092",
        "HUB_URL_FILE": str(tmp_path / "empty"),
        "STORE_URL_FILE": str(tmp_path / "nothing"),
        "CART_STORE_URL_FILE": str(tmp_path / "binary"),
        "ORDER_STORE_URL_FILE": str(tmp_path / "wrong"),
        "STOCK_STORE_URL": "postgresql://[",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://[",
    }
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({**NEEDED, **wrong})
    schemes = " or ".join(f"{scheme}://host/database" for scheme in ENGINES)
    assert caught.value.problems == (
        "HUB_URL and HUB_URL_FILE are both set: unset one of them",
        f"HUB_URL_FILE: {tmp_path / 'empty'} is empty",
        f"STORE_URL_FILE: {tmp_path / 'nothing'} cannot be read: No such file or directory",
        f"CART_STORE_URL_FILE: {tmp_path / 'binary'} cannot be read: it is not UTF-8",
        f"ORDER_STORE_URL is not of the form {schemes}",
        f"STOCK_STORE_URL is not of the form {schemes}",
        "OTEL_EXPORTER_OTLP_ENDPOINT is not of the form http://host:port",
    )
    assert "secret" not in str(caught.value)


def test_keys_may_be_at_a_url_instead() -> None:
    env = {name: value for name, value in NEEDED.items() if name != "JWKS_FILE"}
    url = "https://id.example/realms/shop/certs"
    settings = Settings.from_env({**env, "JWKS_URL": url})
    assert settings.jwks_url == url
    with pytest.raises(SettingsError, match="JWKS_URL is not of the form"):
        Settings.from_env({**NEEDED, "JWKS_URL": "id.example"})


def test_what_tokens_look_like() -> None:
    settings = Settings.from_env(NEEDED)
    assert (settings.roles_claim, settings.token_type) == ("roles", "at+jwt")
    env = {"ROLES_CLAIM": "realm_access.roles", "TOKEN_TYPE": "jwt"}
    settings = Settings.from_env({**NEEDED, **env})
    assert (settings.roles_claim, settings.token_type) == ("realm_access.roles", "jwt")
    with pytest.raises(SettingsError, match="TOKEN_TYPE is 'opaque', but must be at\\+jwt or jwt"):
        Settings.from_env({**NEEDED, "TOKEN_TYPE": "opaque"})
