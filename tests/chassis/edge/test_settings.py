"""The environment: everything that is wrong is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from chassis.settings import Settings, SettingsError

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
    assert caught.value.problems == (
        "HUB_URL is not of the form kafka://host:port or nats://host:port",
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
