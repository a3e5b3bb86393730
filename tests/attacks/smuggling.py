"""Messages whose end a proxy and a server might see at different places (RFC 9112, 11.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.attacks.shop import GATEWAY, Shop
from tests.attacks.wire import Reply

_NOT_SUPPORTED = (501, 505)  # a transfer coding, a version


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes, with what they try."""

    name: str
    content: bytes


FRAMING = (
    ("two lengths", "Content-Length: 15\r\nContent-Length: 5\r\n"),
    ("lengths in a list", "Content-Length: 15, 5\r\n"),
    ("a negative length", "Content-Length: -1\r\n"),
    ("a length with a sign", "Content-Length: +15\r\n"),
    ("a length in hex", "Content-Length: 0xf\r\n"),
    ("a length with a space", "Content-Length: 1 5\r\n"),
    ("a huge length", "Content-Length: 99999999999999999999\r\n"),
    ("a space before the colon", "Content-Length : 15\r\n"),
    ("length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
    ("chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
    ("chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    ("identity", "Transfer-Encoding: identity\r\nContent-Length: 15\r\n"),
    ("chunked, identity", "Transfer-Encoding: chunked, identity\r\n"),
    ("xchunked", "Transfer-Encoding: xchunked\r\nContent-Length: 15\r\n"),
    ("a tab before chunked", "Transfer-Encoding:\tchunked\r\nContent-Length: 5\r\n"),
    ("a vertical tab", "Transfer-Encoding:\x0bchunked\r\nContent-Length: 5\r\n"),
    ("a space in the name", "Transfer Encoding: chunked\r\nContent-Length: 5\r\n"),
    ("a folded line", "X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
    ("a bare line feed", "X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
    ("a bare carriage return", "X: y\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
    ("a null in a name", "Transfer\x00-Encoding: chunked\r\nContent-Length: 5\r\n"),
    ("a null in a value", "X: a\x00b\r\nContent-Length: 5\r\n"),
    ("no colon", "Transfer-Encoding chunked\r\nContent-Length: 5\r\n"),
)
CHUNKS = (
    ("a chunk with a sign", b"+5\r\nabcde\r\n0\r\n\r\n"),
    ("a chunk in 0x", b"0x5\r\nabcde\r\n0\r\n\r\n"),
    ("a negative chunk", b"-5\r\nabcde\r\n0\r\n\r\n"),
    ("a huge chunk", b"FFFFFFFFFFFFFFFFF\r\nabcde\r\n0\r\n\r\n"),
    ("an empty size", b"\r\nabcde\r\n0\r\n\r\n"),
    ("a size with a space", b"5 5\r\nabcde\r\n0\r\n\r\n"),
    ("too little", b"5\r\nabcdefgh\r\n0\r\n\r\n"),
    ("no size", b"zz\r\nabcde\r\n0\r\n\r\n"),
)
LINES = (
    b"GET\r\n\r\n",
    b"GET / HTTP/0.9\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET \x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    b" GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"SSH-2.0-x\r\n",
    b"\x00" * 100,
    b"GET / HTTP/1.1\r\n" + b"X" * 70_000,
    b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(5000)) + b"\r\n",
)


def attempts(shop: Shop, at: str) -> Iterator[Raw]:
    """Hide a command where only one of the two sees a request.

    Behind the gateway it would be carried out, as its path is that of the unit. At the unit it has
    no token, so that only another's could have let it in.
    """
    for name, framing in FRAMING:
        yield Raw(name, _post(shop, at, framing, _hidden(shop, at)))
    for name, chunks in CHUNKS:
        content = chunks + _hidden(shop, at)
        yield Raw(name, _post(shop, at, "Transfer-Encoding: chunked\r\n", content))
    for line in LINES:
        yield Raw(f"line {line[:30]!r}", line)


def _post(shop: Shop, at: str, framing: str, content: bytes) -> bytes:
    """A request that is refused, after which `content` may be taken for the next one."""
    prefix = "/product" if at == GATEWAY else ""
    authorization = shop.bearer("customer")["Authorization"]
    head = (
        f"POST {prefix}/products/{shop.product}/change-price HTTP/1.1\r\nHost: shop.example\r\n"
        f"Authorization: {authorization}\r\nContent-Type: application/json\r\n{framing}\r\n"
    )
    return head.encode("latin-1") + content


def _hidden(shop: Shop, at: str) -> bytes:
    """Delists the victim's product."""
    token = shop.bearer("merchant")["Authorization"] if at == GATEWAY else "Bearer x"
    return (
        f"0\r\n\r\nPOST /products/{shop.product}/delist HTTP/1.1\r\nHost: shop.example\r\n"
        f"Authorization: {token}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ).encode()


def faults(replies: tuple[Reply, ...]) -> Iterator[str]:
    """Yield what is wrong with the answers to one attempt; none is right, too."""
    for reply in replies:
        if reply.status < 400 or (reply.status >= 500 and reply.status not in _NOT_SUPPORTED):
            yield f"{reply.status} {reply.body[:200]!r}"
