"""The AsyncAPI document: channels with their messages, and what units do with them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HubView:
    """What clients see of the event hub."""

    protocol: str
    """As AsyncAPI names it: `kafka`, `amqp`, `nats`."""
    parameters: dict[str, str]
    """What follows the topic in an address, with descriptions; `{}` if nothing does."""
    headers: dict[str, str]
    """The headers of a message, with their types in JSON Schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMessage:
    """A message in a channel: an envelope with its data."""

    name: str
    title: str
    summary: str | None
    type: str
    """The CloudEvents type."""
    source: str | None
    """The CloudEvents source; None if several units may send it."""
    envelope: str
    """The name of the JSON Schema of its envelope."""
    schema: str
    """The place of the JSON Schema of its data, relative to the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A topic of the event hub."""

    topic: str
    address: str
    description: str
    messages: tuple[ChannelMessage, ...]
    replies: bool
    """Whether commands are answered here, if they have no event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyView:
    """What answers a command."""

    channel: str
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOperation:
    """What a unit does with messages of a channel."""

    name: str
    action: str
    """`send` or `receive`."""
    channel: str
    messages: tuple[str, ...]
    reply: ReplyView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncApiView:
    """The document."""

    hub: HubView
    channels: tuple[Channel, ...]
    operations: tuple[HubOperation, ...]
