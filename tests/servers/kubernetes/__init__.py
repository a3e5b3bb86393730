"""Kubernetes: an API server alone, or a cluster of one node where pods run."""

from tests.servers.kubernetes.cluster import Cluster
from tests.servers.kubernetes.control import ApiServer, Etcd, custom_resources
from tests.servers.kubernetes.programs import built

__all__ = ["ApiServer", "Cluster", "Etcd", "built", "custom_resources"]
