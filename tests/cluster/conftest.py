"""An API server that knows the custom resources of manifests, and a cluster where pods run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.deploy.conftest import generated, name, project
from tests.servers.kubernetes import ApiServer, Cluster, Etcd, custom_resources

__all__ = ["generated", "name", "project"]


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    etcd = Etcd(tmp_path_factory.mktemp("etcd"))
    server = ApiServer(tmp_path_factory.mktemp("kubernetes"), etcd)
    try:
        etcd.start()
        server.start()
        for folder in custom_resources():
            done = server.kubectl("apply", "--server-side", f"--filename={folder}")
            assert "customresourcedefinition" in done.stdout, done.stderr
        names = "customresourcedefinitions"
        done = server.kubectl("wait", "--for=condition=Established", names, "--all")
        assert done.returncode == 0, done.stderr
        yield server
    finally:
        server.kill()
        etcd.kill()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()
