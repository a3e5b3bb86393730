"""The manifests of every spec are what an API server accepts, as they are."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.deploy.manifests import workloads
from tests.e2e.conftest import ROOT
from tests.servers.kubernetes import ApiServer


@pytest.mark.parametrize("overlay", ["local", "production"])
def test_they_are_applied_without_a_warning(
    api_server: ApiServer, project: Path, overlay: str
) -> None:
    built = api_server.kubectl("kustomize", str(project / "deploy/k8s/overlays" / overlay))
    assert built.returncode == 0, built.stderr
    # Those of the other overlay, as in deploy/rollout.sh: a job cannot be changed.
    done = api_server.kubectl("delete", "job", "--all", "--all-namespaces")
    assert done.returncode == 0, done.stderr
    for _ in range(2):  # the namespace must be there before it is known what is wrong in it
        done = api_server.kubectl("apply", "--server-side", "--filename=-", text=built.stdout)
        assert done.returncode == 0, done.stderr
        assert "Warning" not in done.stderr
    again = api_server.kubectl("diff", "--server-side", "--filename=-", text=built.stdout)
    assert (again.returncode, again.stdout) == (0, ""), again.stderr


def test_the_settings_of_an_adapter_are_added(
    api_server: ApiServer, generated: Callable[[str], Path], tmp_path: Path
) -> None:
    """Those of docs/own-code.md."""
    document = (ROOT / "docs" / "own-code.md").read_text(encoding="utf-8")
    _, resources, added = re.findall(r"```yaml\n(.*?)```", document, re.DOTALL)[:3]
    deploy = tmp_path / "k8s"
    shutil.copytree(generated("shop") / "deploy" / "k8s", deploy)
    overlay = deploy / "overlays" / "production"
    (overlay / "payment-provider.yaml").write_text(resources)
    path = overlay / "kustomization.yaml"
    changed = yaml.safe_load(path.read_text())
    for key, values in yaml.safe_load(added).items():
        changed[key] += values
    path.write_text(yaml.safe_dump(changed))
    built = api_server.kubectl("kustomize", str(overlay))
    assert built.returncode == 0, built.stderr
    found = workloads(yaml.safe_load_all(built.stdout))["shop"]
    (container,) = found["spec"]["template"]["spec"]["containers"]
    url = {"name": "PAYMENT_PROVIDER_URL", "value": "https://payments.example"}
    assert url in container["env"]
    assert {"secretRef": {"name": "payment-provider"}} in container["envFrom"]
    for _ in range(2):  # the namespace must be there before it is known what is wrong in it
        done = api_server.kubectl("apply", "--server-side", "--filename=-", text=built.stdout)
        assert done.returncode == 0, done.stderr
        assert "Warning" not in done.stderr


def test_what_is_wrong_is_refused(api_server: ApiServer) -> None:
    """The checks are real: Pod Security, a field that there is not, a resource's own schema."""
    namespace = (
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: strict\n"
        "  labels: {pod-security.kubernetes.io/enforce: restricted}\n"
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: x, namespace: strict}\n"
    )
    assert api_server.kubectl("apply", "--filename=-", text=namespace).returncode == 0
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: root, namespace: strict}\n"
        "spec: {serviceAccountName: x, containers: [{name: root, image: root}]}\n"
    )
    refused = api_server.kubectl("apply", "--server-side", "--filename=-", text=pod)
    assert "violates PodSecurity" in refused.stderr
    scaled = (
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"
        "metadata: {name: wrong, namespace: strict}\nspec: {triggers: 7}\n"
    )
    refused = api_server.kubectl("apply", "--server-side", "--filename=-", text=scaled)
    assert "expected list" in refused.stderr
