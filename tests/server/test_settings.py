"""Settings: safe by default, and refused where they are not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from emotrace.errors import UsageError
from emotrace.server.auth import hash_key
from emotrace.server.settings import Settings


def test_defaults_are_safe() -> None:
    settings = Settings()
    assert settings.host == "127.0.0.1"
    assert settings.is_loopback
    assert settings.api_keys == settings.allowed_origins == settings.allowed_hosts == ()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "voice.example.org", ""])
def test_others_are_let_in_only_with_a_key(host: str) -> None:
    with pytest.raises(UsageError, match="can be reached by others, who would need no key; make one with"):
        Settings(host=host)
    assert not Settings(host=host, api_keys=(hash_key("x"),)).is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_loopback_needs_none(host: str) -> None:
    assert Settings(host=host).is_loopback


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"port": 65536}, "--port (Settings.port) is 65536; it must be 0"),
        ({"port": -1}, "--port (Settings.port) is -1; it must be 0"),
        ({"n_workers": 0}, "--workers (Settings.n_workers) is 0; it must be above 0"),
        ({"max_seconds": float("nan")}, "--max-seconds (Settings.max_seconds) is nan; it must be above 0"),
        ({"queue_length": -1}, "--queue (Settings.queue_length) is -1; it must be 0 or more"),
        ({"drain_seconds": -0.1}, "--drain-seconds (Settings.drain_seconds) is -0.1; it must be 0 or more"),
        ({"max_requests": 0}, "max_requests is 0; it must be above 0"),
        ({"api_keys": ("secret",)}, "an API key must be given as its SHA-256"),
        (
            {"allowed_hosts": ("desk.example:443",)},
            "--allow-host 'desk.example:443': must be a name alone",
        ),
        ({"allowed_hosts": ("",)}, "--allow-host '': must be a name alone"),
        (
            {"allowed_origins": ("https://desk.example/",)},
            "--allow-origin 'https://desk.example/': must be as",
        ),
        ({"allowed_origins": ("desk.example.org",)}, "such as https://desk.example.org or"),
        ({"allowed_origins": ("*",)}, "--allow-origin '*': must be as browsers send it"),
    ],
)
def test_values_out_of_range(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=re.escape(sentence)):
        Settings(**values)
