"""What the environment decides in the gateway's configuration: keys, certificates, proxies.

Each setting becomes a piece of YAML for a variable of `gateway/envoy.yaml`. It needs the standard
library only, because the image of the gateway is built with this file alone.
"""

from __future__ import annotations

import json
import os
import string
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_TYPE = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
_PLAIN = "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"
_SYSTEM_CAS = "/etc/ssl/certs/ca-certificates.crt"
_CLUSTER = "issuer-keys"  # no unit can have this name
_HIGHEST_HOPS = 16


class GatewayError(Exception):
    """A setting of the gateway is wrong; the message names it."""


def variables(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the configuration that depend on settings.

    Args:
        env: The settings. JWKS_URL (else JWKS_FILE): where the keys are, with JWKS_CA_FILE if a CA
            of your own has signed the certificate there. TRUSTED_PROXIES: the number of proxies in
            front, which add the address of the client to `x-forwarded-for`.
            GATEWAY_TLS_CERTIFICATE, GATEWAY_TLS_KEY: files for clients.
            MESH_TLS_CERTIFICATE, MESH_TLS_KEY, MESH_TLS_CA: files for mutual TLS with the units.

    Raises:
        GatewayError: A setting is missing or wrong.
    """
    hops = env.get("TRUSTED_PROXIES") or "0"
    if not (hops.isascii() and hops.isdigit() and int(hops) <= _HIGHEST_HOPS):
        raise GatewayError(f"TRUSTED_PROXIES is {hops!r}, but must be a number of proxies")
    url = env.get("JWKS_URL", "")
    return {
        "TRUSTED_PROXIES": hops,
        "JWKS": _remote_jwks(url) if url else _local_jwks(env),
        "JWKS_CLUSTER": f"- {json.dumps(_issuer(url, env))}" if url else "",
        "DOWNSTREAM_TLS": _downstream(env),
        "UPSTREAM_TLS": _upstream(env),
    }


def _local_jwks(env: Mapping[str, str]) -> str:
    return f"local_jwks: {json.dumps({'filename': env['JWKS_FILE']})}"


def _remote_jwks(url: str) -> str:
    """Return the source of keys, which are fetched before requests need them."""
    source = {
        "http_uri": {"uri": url, "cluster": _CLUSTER, "timeout": "5s"},
        "cache_duration": "60s",  # a token with a new key does not make it ask earlier
        "async_fetch": {"fast_listener": True},
        "retry_policy": {"num_retries": 3},
    }
    return f"remote_jwks: {json.dumps(source)}"


def _issuer(url: str, env: Mapping[str, str]) -> dict[str, Any]:
    """Return the cluster of the server with the keys."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise GatewayError("JWKS_URL is not of the form https://host/path")
    secure = parts.scheme == "https"
    address = {"address": parts.hostname, "port_value": parts.port or (443 if secure else 80)}
    endpoint = {"endpoint": {"address": {"socket_address": address}}}
    cluster: dict[str, Any] = {
        "name": _CLUSTER,
        "type": "STRICT_DNS",
        "dns_lookup_family": "ALL",
        "connect_timeout": "5s",
        "load_assignment": {
            "cluster_name": _CLUSTER,
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }
    if secure:
        authority = env.get("JWKS_CA_FILE") or _SYSTEM_CAS
        cluster["transport_socket"] = _to_server(parts.hostname, authority)
    return cluster


def _to_server(host: str, authority: str) -> dict[str, Any]:
    """Return the TLS with a server whose certificate must be for `host`, a name."""
    name = {"san_type": "DNS", "matcher": {"exact": host}}
    validation = {
        "trusted_ca": {"filename": authority},
        "match_typed_subject_alt_names": [name],
    }
    context = {"sni": host, "common_tls_context": {"validation_context": validation}}
    return _socket("UpstreamTlsContext", context)


def _downstream(env: Mapping[str, str]) -> str:
    """Return the TLS of clients (RFC 8446); nothing without a certificate."""
    files = _files(env, "GATEWAY_TLS_CERTIFICATE", "GATEWAY_TLS_KEY")
    if not files:
        plain = {"name": "envoy.transport_sockets.raw_buffer", "typed_config": {"@type": _PLAIN}}
        return f"transport_socket: {json.dumps(plain)}"
    certificate, key = files
    context = {
        "common_tls_context": {
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "tls_certificates": [_certificate(certificate, key)],
            "alpn_protocols": ["h2", "http/1.1"],
        }
    }
    return f"transport_socket: {json.dumps(_socket('DownstreamTlsContext', context))}"


def _upstream(env: Mapping[str, str]) -> str:
    """Return the mutual TLS with units; nothing without certificates."""
    files = _files(env, "MESH_TLS_CERTIFICATE", "MESH_TLS_KEY", "MESH_TLS_CA")
    if not files:
        return ""
    certificate, key, ca = files
    context = {
        "common_tls_context": {
            # As a client Envoy would offer TLS 1.2 at most.
            "tls_params": {
                "tls_minimum_protocol_version": "TLSv1_3",
                "tls_maximum_protocol_version": "TLSv1_3",
            },
            "tls_certificates": [_certificate(certificate, key)],
            "validation_context": {"trusted_ca": {"filename": ca}},
        }
    }
    return f"transport_socket: {json.dumps(_socket('UpstreamTlsContext', context))}"


def _files(env: Mapping[str, str], *names: str) -> tuple[str, ...]:
    """Return the values of `names`, all or none of which must be set."""
    found = tuple(env.get(name, "") for name in names)
    if any(found) and not all(found):
        raise GatewayError(f"{', '.join(names)}: set all of them, or none")
    return found if all(found) else ()


def _certificate(certificate: str, key: str) -> dict[str, Any]:
    return {"certificate_chain": {"filename": certificate}, "private_key": {"filename": key}}


def _socket(kind: str, context: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {"@type": f"{_TYPE}.{kind}", **context},
    }


if __name__ == "__main__":  # fills in the configuration on standard input
    text = string.Template(sys.stdin.read())
    sys.stdout.write(text.substitute({**os.environ, **variables(os.environ)}))
