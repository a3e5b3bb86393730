"""The gateway's image: its configuration as the Dockerfile makes it, read by Envoy itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from chassis.embedded import executables, keys
from chassis.embedded.paths import ProjectPaths

from tests.servers.authority import Authority

DOCKERFILE = Path("deploy", "images", "gateway.Dockerfile")


def filled(root: Path, **arguments: str) -> str:
    """The configuration, as the first stage writes it with build arguments."""
    text = (root / DOCKERFILE).read_text()
    known = set(" ".join(re.findall(r"^ARG (.+)$", text, re.MULTILINE)).split())
    assert arguments.keys() <= known
    values = dict(pair.split("=", 1) for pair in re.findall(r"\b[A-Z_]+=[^\s\\]+", text))
    script = root / "libs" / "chassis" / "src" / "chassis" / "gateway.py"
    done = subprocess.run(
        [sys.executable, "-I", str(script)],
        input=(root / "gateway" / "envoy.yaml").read_text(),
        env={**values, **arguments},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def validate(config: str, folder: Path) -> None:
    """Let Envoy read the configuration, and all files that it names."""
    file = folder / "envoy.yaml"
    file.write_text(config)
    command = [executables.find(executables.ENVOY), "--mode", "validate", "--config-path"]
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_envoy_reads_it_with_and_without_settings(
    generated: Callable[[str], Path], tmp_path: Path
) -> None:
    root = generated("shop")
    paths = ProjectPaths(tmp_path)
    keys.ensure_keys(paths)
    plain = filled(root)
    assert "transport_sockets.tls" not in plain
    validate(plain.replace("/etc/keys/jwks.json", str(paths.jwks)), tmp_path)
    issued = Authority(tmp_path).issue("gateway")
    config = filled(
        root,
        JWKS_URL="https://id.example/jwks",
        JWKS_CA_FILE=str(issued.ca),
        GATEWAY_TLS_CERTIFICATE=str(issued.certificate),
        GATEWAY_TLS_KEY=str(issued.key),
        **issued.settings("MESH_TLS"),
    )
    validate(config, tmp_path)
    clusters = yaml.safe_load(config)["static_resources"]["clusters"]
    assert {c["name"] for c in clusters if "transport_socket" in c} == {c["name"] for c in clusters}


@pytest.mark.parametrize("proxies", ["0", "2"])
def test_the_container_says_how_many_proxies_there_are(
    generated: Callable[[str], Path], tmp_path: Path, proxies: str
) -> None:
    root = generated("shop")
    entrypoint = re.search(r"^ENTRYPOINT (\[.*?\])$", (root / DOCKERFILE).read_text(), re.M | re.S)
    assert entrypoint is not None
    shell, option, script = json.loads(entrypoint[1].replace("\\\n", ""))
    before, after = tmp_path / "before.yaml", tmp_path / "after.yaml"
    before.write_text(filled(root))
    script = script.replace("/etc/envoy/envoy.yaml", str(before))
    script = script.replace("/tmp/envoy.yaml", str(after)).replace("exec envoy", "echo")
    env = {**os.environ, "TRUSTED_PROXIES": proxies}
    done = subprocess.run([shell, option, script], env=env, capture_output=True, check=True)
    assert str(after) in done.stdout.decode()
    changed = after.read_text().replace(
        f"xff_num_trusted_hops: {proxies}", "xff_num_trusted_hops: 0"
    )
    assert changed == before.read_text()
    assert f"xff_num_trusted_hops: {proxies} #" in after.read_text()
