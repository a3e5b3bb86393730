"""Naming rules: from names in the spec to generated names."""

from __future__ import annotations

import re

_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[ _-]+")
_VOWEL_SOUND = re.compile(r"(?!uni(?![nd])|us[aeu]|ut[ei]|eu|onc?e\b)[aeiou]|hour|honest|heir")


def split_words(name: str) -> list[str]:
    """`ItemTakenOut` or `item_taken_out` -> its three words, each in the case it has."""
    return [word for word in _WORD_BOUNDARY.split(name) if word]


def snake(name: str) -> str:
    """`OrderHistory` or `order-history` -> `order_history`."""
    return "_".join(split_words(name)).lower()


def constant(name: str) -> str:
    """`OrderPlaced` -> `ORDER_PLACED`: a constant, or a member of an enum."""
    return snake(name).upper()


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What a module, a function or a variable of generated code would hide: words of the language, what
# expressions call, and what the generated modules import or define. A list of its own, so that
# every version of Python gives the same names.
_HIDDEN = _listed("""
    and as assert async await break case class continue def del elif else except false finally for
    from global if import in is lambda match none nonlocal not or pass raise return true try type
    while with yield

    abs all any bool bytes dict float frozenset id input int iter len list max min object open print
    property range repr round set sorted str sum super tuple

    adapters answered_by assert_never backends caller command context dataclass date datetime decide
    event evolve example_id existing failure field http new_id on only optional policies policy
    ports pytest question refuse replace replicas request require require_new router saga service
    system timedelta together unit uuid4
""")


def identifier(name: str) -> str:
    """The name of a module, a function or a variable: `OrderLine` -> `order_line`.

    With `_` at its end where it would hide something else (PEP 8): `Return` -> `return_`.
    """
    word = snake(name).replace("-", "_")
    return f"{word}_" if word in _HIDDEN else word


def kebab(name: str) -> str:
    """`OrderHistory` or `order_history` -> `order-history`."""
    return "-".join(split_words(name)).lower()


def pascal(name: str) -> str:
    """`order_history` or `order-history` -> `OrderHistory`."""
    return "".join(word[:1].upper() + word[1:] for word in split_words(name))


def words(name: str) -> str:
    """`OrderHistory` or `order_history` -> `order history`."""
    return " ".join(split_words(name)).lower()


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


def endpoint_function(path: str) -> str:
    """The function of an endpoint: `/orders/{order_id}` -> `orders_by_order_id`, `/` -> `root`."""
    parts = [part for part in path.split("/") if part]
    named = [f"by_{part[1:-1]}" if part.startswith("{") else part for part in parts]
    return identifier(re.sub(r"\W", "_", "_".join(named)) or "root")


def article(words_: str) -> str:
    """`order` -> `an order`, `user` -> `a user`."""
    return f"{'an' if _VOWEL_SOUND.match(words_) else 'a'} {words_}"


def sentence(text: str) -> str:
    """A text with a mark at its end: `Everything.`, `Does it fail?`."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def about(summary: str | None) -> str:
    """A summary as the next sentence of a text: ` Notes that people write down.`, or nothing."""
    return f" {sentence(summary)}" if summary else ""


def spec_file(system: str) -> str:
    """The spec in the root of a project: `shop` -> `shop.yaml`."""
    return f"{system}.yaml"


def system_package(system: str) -> str:
    """The prefix of a system's packages: `my-shop` -> `my_shop`."""
    return system.replace("-", "_")


def contracts_package(system: str) -> str:
    """The package of a system's messages: `my-shop` -> `my_shop_contracts`."""
    return f"{system_package(system)}_contracts"


def unit_package(system: str, unit: str) -> str:
    """The package of a unit; `system` is the system's: `shop`, `order` -> `shop_order`."""
    return f"{system}_{unit}"


def unit_folder(kind: str, unit: str) -> str:
    """The folder of a unit: `services`, `order` -> `services/order`."""
    return f"{kind}/{unit}"


def policy_function(command: str, event: str) -> str:
    """The function of a policy: `Ship`, `OrderPaid` -> `ship_on_order_paid`."""
    return f"{snake(command)}_on_{snake(event)}"


def url_prefix(unit: str) -> str:
    """Where a unit is found behind the gateway: `order_history` -> `/order-history`."""
    return f"/{kebab(unit)}"
