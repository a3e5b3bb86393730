"""Rules in words, for titles of examples."""

from __future__ import annotations

import re

from meshgen.naming import article, words

_STATEMENT = re.compile(
    r"(?:(?P<subject>.+?) )?(?P<verb>is|has|was|can|may|must|are|have|were) (?P<rest>.+)"
)
_PLURAL = frozenset(("are", "have", "were"))
_DETERMINER = re.compile(
    r"(all|any|both|each|every|it|its|no|one|some|that|the|their|there|they|this) "
)
_UNCOUNTABLE = re.compile(
    r"\b(cash|consent|credit|data|equipment|food|fuel|information|inventory|luggage|mail|money"
    r"|software|stock|traffic|water)$"
)


def requirement(rule: str, aggregate: str) -> str:
    """Return what a rule requires: `cart_is_not_empty` -> `a cart that is not empty`.

    Args:
        rule: The name of the rule; by convention it states what must hold.
        aggregate: The aggregate, the default subject of a rule.
    """
    statement = _STATEMENT.fullmatch(words(rule))
    if statement is None:
        return words(rule)
    subject, verb = statement["subject"] or words(aggregate), statement["verb"]
    if _DETERMINER.match(words(rule)):
        return f"that {words(rule)}"
    if verb not in _PLURAL and not _UNCOUNTABLE.search(subject):
        subject = article(subject)
    return f"{subject} that {verb} {statement['rest']}"
