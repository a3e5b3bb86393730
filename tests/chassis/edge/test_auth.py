"""Tokens: what is accepted, and every attack that must not be."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest
from chassis.auth import LEEWAY, InvalidToken, Verifier
from chassis.jwks import KeyFile, KeysUnusable, read_keys
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.waiting import wait_until

from . import tokens


@pytest.fixture
def jwks(tmp_path: Path) -> Path:
    return tokens.write_jwks(tmp_path / "jwks.json", "one")


@pytest.fixture
def verifier(jwks: Path) -> Verifier:
    return tokens.verifier(jwks)


def test_a_good_token_says_who_calls(verifier: Verifier) -> None:
    caller = verifier.verify(tokens.token())
    assert caller.id == UUID(tokens.SUBJECT)
    assert caller.roles == {"customer"}


def test_the_audience_may_be_one_of_several(verifier: Verifier) -> None:
    assert verifier.verify(tokens.token(aud=["other", tokens.AUDIENCE]))


def test_no_roles_is_no_roles(verifier: Verifier) -> None:
    assert verifier.verify(tokens.token(roles=None)).roles == frozenset()


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": int(time.time()) - LEEWAY - 10},
        {"nbf": int(time.time()) + LEEWAY + 3600},
        {"exp": "soon"},
        {"exp": float("inf")},
        {"nbf": int(time.time()) + 86_400},
        {"iss": None},
        {"iss": "https://evil.example"},
        {"iss": tokens.ISSUER + "/"},
        {"aud": None},
        {"aud": "other"},
        {"aud": []},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "\ud800"},
        {"roles": "merchant"},
        {"roles": [1]},
        {"roles": {"merchant": True}},
        {"roles": 1},
    ],
    ids=repr,
)
def test_wrong_claims_are_refused(verifier: Verifier, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        verifier.verify(tokens.token(**changes))


def test_a_token_of_another_key_is_refused(verifier: Verifier) -> None:
    for kid in ("one", "two", None):
        with pytest.raises(InvalidToken):
            verifier.verify(tokens.token("two", kid=kid))


def test_changed_claims_are_refused(verifier: Verifier) -> None:
    header, _, signature = tokens.token().split(".")
    forged = _part(tokens.claims(roles=["merchant"]))
    with pytest.raises(InvalidToken):
        verifier.verify(f"{header}.{forged}.{signature}")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_an_unsigned_token_is_refused(verifier: Verifier, algorithm: str) -> None:
    header = _part({"alg": algorithm, "typ": "at+jwt", "kid": "one"})
    with pytest.raises(InvalidToken):
        verifier.verify(f"{header}.{_part(tokens.claims())}.")


def test_the_public_key_is_no_hmac_secret(verifier: Verifier, jwks: Path) -> None:
    public = tokens.key("one").public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{_part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': 'one'})}.{_part(tokens.claims())}"
    for secret in (pem, pem.strip(), jwks.read_bytes()):
        signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        with pytest.raises(InvalidToken):
            verifier.verify(f"{signed}.{_encoded(signature)}")


def test_another_rsa_algorithm_is_refused(verifier: Verifier) -> None:
    for algorithm in ("RS512", "PS256"):
        token = jwt.encode(
            tokens.claims(),
            tokens.key("one"),
            algorithm=algorithm,
            headers={"kid": "one", "typ": "at+jwt"},
        )
        with pytest.raises(InvalidToken):
            verifier.verify(token)


def test_a_key_inside_the_token_is_not_believed(verifier: Verifier) -> None:
    header = {
        "kid": "two",
        "typ": "at+jwt",
        "jwk": tokens.jwk("two"),
        "jku": "https://evil.example/jwks",
    }
    token = jwt.encode(tokens.claims(), tokens.key("two"), algorithm="RS256", headers=header)
    with pytest.raises(InvalidToken):
        verifier.verify(token)


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "é.b.c", "x" * 100_000, "a.b.c.d", "eyJhbGciOiJSUzI1NiJ9.."]
)
def test_nonsense_is_refused(verifier: Verifier, token: str) -> None:
    with pytest.raises(InvalidToken):
        verifier.verify(token)


def test_a_remembered_token_still_expires(verifier: Verifier) -> None:
    expires = int(time.time()) + 3 - LEEWAY
    token = tokens.token(exp=expires)
    verifier.verify(token)
    wait_until(lambda: time.time() > expires + LEEWAY)
    with pytest.raises(InvalidToken, match="expired"):
        verifier.verify(token)


def test_clocks_may_differ_a_little(verifier: Verifier) -> None:
    now = int(time.time())
    assert verifier.verify(tokens.token(exp=now - LEEWAY + 20, nbf=now - 3600))
    assert verifier.verify(tokens.token(nbf=now + LEEWAY - 5))


@pytest.mark.parametrize("part", [b"[" * 10_000, b"[" * 50_000, b'{"a":' * 2_000], ids=len)
def test_a_hostile_token_is_no_error_of_ours(verifier: Verifier, part: bytes) -> None:
    segment = base64.urlsafe_b64encode(part).rstrip(b"=").decode()
    with pytest.raises(InvalidToken):
        verifier.verify(f"{segment}.{segment}.e30")


async def test_keys_are_read_again_when_the_file_changes(
    verifier: Verifier, jwks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.jwks._FILE_CHECK_INTERVAL", 0.0)
    old = tokens.token()
    await verifier.caller_of(old)
    tokens.write_jwks(jwks, "two")
    os.utime(jwks, ns=(1, 1))
    assert await verifier.caller_of(tokens.token("two", kid="two"))
    with pytest.raises(InvalidToken):
        await verifier.caller_of(old)


async def test_a_broken_file_keeps_the_old_keys(
    verifier: Verifier, jwks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.jwks._FILE_CHECK_INTERVAL", 0.0)
    await verifier.caller_of(tokens.token())
    jwks.write_text("{")
    assert await verifier.caller_of(tokens.token())
    jwks.unlink()
    assert await verifier.caller_of(tokens.token())


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"keys": {}}', '{"keys": []}', '{"keys": [1]}']
)
def test_a_file_without_keys_is_said_clearly(tmp_path: Path, text: str) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(text)
    with pytest.raises(KeysUnusable, match=r"jwks\.json"):
        KeyFile(path).load()


def test_keys_that_are_not_for_signatures_are_passed_over() -> None:
    weak = generate_private_key(public_exponent=65537, key_size=1024).public_key()
    entries = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "one", "alg": "HS256"},
        {**tokens.jwk("one"), "use": "enc"},
        {**tokens.jwk("one"), "key_ops": ["encrypt"]},
        {**tokens.jwk("one"), "alg": "RS512"},
        {**tokens.jwk("one"), "n": 1},
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "kid": "curve"},
        {**json.loads(RSAAlgorithm.to_jwk(weak)), "kid": "weak"},
    ]
    with pytest.raises(ValueError, match="no signing key"):
        read_keys(json.dumps({"keys": entries}).encode())


def test_a_key_has_one_algorithm(tmp_path: Path) -> None:
    """ES256 is accepted with an elliptic curve, and RS256 with RSA: the key decides."""
    private = ec.generate_private_key(ec.SECP256R1())
    curve = {**json.loads(ECAlgorithm.to_jwk(private.public_key())), "kid": "curve"}
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [curve, tokens.jwk("one")]}))
    verifier = tokens.verifier(path)
    headers = {"kid": "curve", "typ": "at+jwt"}
    token = jwt.encode(tokens.claims(), private, algorithm="ES256", headers=headers)
    assert verifier.verify(token)
    assert verifier.verify(tokens.token())
    confused = jwt.encode(tokens.claims(), tokens.key("one"), algorithm="RS256", headers=headers)
    with pytest.raises(InvalidToken):
        verifier.verify(confused)


@pytest.mark.parametrize("typ", ["at+jwt", "application/at+jwt", "AT+JWT"])
def test_an_access_token_says_so(verifier: Verifier, typ: str) -> None:
    assert verifier.verify(tokens.token(headers={"typ": typ}))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "application/jwt", None, "id+jwt", "", 1])
def test_another_type_of_token_is_refused(verifier: Verifier, jwks: Path, typ: object) -> None:
    """E.g. an ID token or a logout token, unless the issuer does not type its access tokens."""
    token = tokens.token(headers={"typ": typ})
    with pytest.raises(InvalidToken, match="no access token"):
        verifier.verify(token)
    lenient = tokens.verifier(jwks, token_type="jwt")
    assert lenient.verify(tokens.token())
    if typ in ("id+jwt", 1):
        with pytest.raises(InvalidToken):
            lenient.verify(token)
    else:
        assert lenient.verify(token)


@pytest.mark.parametrize(
    ("path", "claims", "roles"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["customer"]}}, {"customer"}),
        ("https://shop.example/roles", {"https://shop.example/roles": ["customer"]}, {"customer"}),
        ("scope", {"scope": "customer support"}, {"customer", "support"}),
        ("scp", {"scp": ["customer"]}, {"customer"}),
        ("realm_access.roles", {"realm_access": ["roles"]}, set()),
        ("realm_access.roles", {"roles": ["merchant"]}, set()),
        ("scope", {"scope": ""}, set()),
    ],
)
def test_roles_are_in_the_claim_that_the_settings_name(
    jwks: Path, path: str, claims: dict[str, Any], roles: set[str]
) -> None:
    token = tokens.token(**{"roles": None, **claims})
    assert tokens.verifier(jwks, roles_claim=path).verify(token).roles == roles


def test_any_subject_is_always_the_same_caller(verifier: Verifier) -> None:
    def caller(subject: str) -> UUID:
        return verifier.verify(tokens.token(sub=subject)).id

    assert caller("auth0|5f7c8ec7") == UUID("3b2b306a-d873-5de8-8834-7e92647b27ad")
    ids = {caller(sub) for sub in ("admin", "Admin", "admin ", tokens.SUBJECT.replace("-", ""))}
    assert len(ids) == 4
    assert UUID(tokens.SUBJECT) not in ids
    assert caller(tokens.SUBJECT.upper()) == UUID(tokens.SUBJECT)


def _part(content: dict[str, object]) -> str:
    return _encoded(json.dumps(content).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
