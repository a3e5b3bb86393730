"""The naming rules: one spelling in the spec, and how each place writes it."""

from __future__ import annotations

import re


def snake(name: str) -> str:
    """`OrderHistory` -> `order_history`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def kebab(name: str) -> str:
    """`OrderHistory` or `order_history` -> `order-history`."""
    return snake(name).replace("_", "-")


def pascal(name: str) -> str:
    """`order_history` -> `OrderHistory`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_-]", name))


def words(name: str) -> str:
    """`OrderHistory` or `order_history` -> `order history`."""
    return snake(name).replace("_", " ")


def plural(word: str) -> str:
    """The plural of the last word of an identifier: `category` -> `categories`."""
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    if re.search(r"(s|x|z|ch|sh)$", word):
        return word + "es"
    return word + "s"


def collection_path(aggregate: str) -> str:
    """Where the aggregates of a kind are found over HTTP: `StockItem` -> `/stock-items`."""
    return "/" + plural(kebab(aggregate))


def article(words_: str) -> str:
    """`order` -> `an order`."""
    return f"{'an' if words_[0] in 'aeiou' else 'a'} {words_}"


def sentence(text: str) -> str:
    """A text with a mark at its end: `Everything.`, `Does it fail?`."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def about(summary: str | None) -> str:
    """A summary as the next sentence of a text: ` Notes that people write down.`, or nothing."""
    return f" {sentence(summary)}" if summary else ""


def system_package(system: str) -> str:
    """The prefix of a system's packages: `my-shop` -> `my_shop`."""
    return system.replace("-", "_")


def unit_package(system: str, unit: str) -> str:
    """The package of a unit; `system` is the system's: `shop`, `order` -> `shop_order`."""
    return f"{system}_{unit}"


def unit_folder(kind: str, unit: str) -> str:
    """The folder of a unit: `services`, `order` -> `services/order`."""
    return f"{kind}/{unit}"
