"""Mutated specs: nodes are deleted, repeated, swapped, replaced; at last bytes are changed."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import yaml

from tests.mutants import hostile
from tests.mutants.small import small

ROOT = Path(__file__).parents[2]
SOURCES = ("specs/**/*.yaml", "docs/*.yaml", "tests/testgen/*.yaml", "tests/cases/*/spec.yaml")
MOST_MUTATIONS = 4
MANY = 600
_RESOLVER: Any = yaml.resolver.Resolver()

Node: TypeAlias = yaml.Node
Slot: TypeAlias = tuple[Any, int]
"""A collection, and an index in it."""


def sources() -> list[str]:
    """Return the specs of this repository; those that people would write come more often."""
    paths = [path for pattern in SOURCES for path in sorted(ROOT.glob(pattern))]
    real = [path for path in paths if "cases" not in path.parts]
    small_ones = [path for path in real if path.name in ("minimal.yaml", "bookshop.yaml")]
    return [path.read_text(encoding="utf-8") for path in [*paths, *(real * 10), *(small_ones * 60)]]


def mutated(random: Random, texts: list[str]) -> bytes:
    """Return one of `texts` with a few mutations, or a small spec that is hostile without them."""
    if random.random() < 0.15:
        return small(random).encode()
    text = random.choice(texts)
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
        tree = _Tree(random, root)
        for _ in range(random.choice((1, 1, 2, MOST_MUTATIONS))):
            tree.mutate()
        text = yaml.serialize(root, Dumper=yaml.CSafeDumper, allow_unicode=True, width=1000)
    except (yaml.YAMLError, TypeError, ValueError, IndexError):
        return _damaged(random, text.encode())
    data = text.encode("utf-8", "surrogatepass")
    return _damaged(random, data) if random.random() < 0.1 else data


@dataclass
class _Tree:
    """The nodes of a spec, which are changed in place."""

    random: Random
    root: Any

    def mutate(self) -> None:
        """Carry out one mutation."""
        ways: list[tuple[Callable[[Slot], None], int]] = [
            (self.delete, 2),
            (self.repeat, 2),
            (self.swap, 2),
            (self.graft, 2),
            (self.replace, 5),
            (self.limit, 5),
            (self.condition, 4),
            (self.rename, 1),
            (self.wrap, 1),
            (self.multiply, 1),
        ]
        (way,) = self.random.choices([way for way, _ in ways], [weight for _, weight in ways])
        way(self.random.choice(self.slots()))

    def slots(self) -> list[Slot]:
        """Return every place of a node."""
        found: list[Slot] = []
        todo = [self.root]
        while todo:
            node = todo.pop()
            if isinstance(node, yaml.MappingNode | yaml.SequenceNode):
                found += [(node, index) for index in range(len(node.value))]
                pairs = isinstance(node, yaml.MappingNode)
                todo += [child[1] if pairs else child for child in node.value]
        return found

    def names(self) -> list[str]:
        """Return the keys of the spec, which are names of its fields and other things."""
        slots = self.slots()
        keys = {s.value[i][0].value for s, i in slots if isinstance(s, yaml.MappingNode)}
        return sorted(key for key in keys if isinstance(key, str) and key) or ["x"]

    def delete(self, slot: Slot) -> None:
        del slot[0].value[slot[1]]

    def repeat(self, slot: Slot) -> None:
        slot[0].value.insert(slot[1], self._again(slot, self.random.choice(("2", "Two", "", "_b"))))

    def swap(self, slot: Slot) -> None:
        other = self.random.choice(self.slots())
        one, two = deepcopy(_get(slot)), deepcopy(_get(other))
        _set(slot, two)
        if other in self.slots():
            _set(other, one)

    def graft(self, slot: Slot) -> None:
        _set(slot, deepcopy(_get(self.random.choice(self.slots()))))

    def replace(self, slot: Slot) -> None:
        _set(slot, _scalar(hostile.scalar(self.random, self.names())))

    def limit(self, slot: Slot) -> None:
        """Give a field a limit: the long form, if it has the short one."""
        fields = [each for each in self.slots() if _is_type(_get(each))]
        if not fields:
            return
        field = self.random.choice(fields)
        pairs: list[tuple[Any, Any]] = [(_scalar("type"), _get(field))]
        for _ in range(2):
            name, value = hostile.limit(self.random)
            pairs.append((_scalar(name), _scalar(value)))
        if self.random.random() < 0.3:
            pairs[0] = (_scalar("type"), _scalar(self.random.choice(hostile.TYPES)))
        _set(field, yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=True))

    def condition(self, slot: Slot) -> None:
        """Replace an expression, or give a command a guard."""
        expression = _scalar(hostile.expression(self.random, self.names()), quoted=True)
        guarded = [s for s, i in self.slots() if isinstance(s, yaml.MappingNode) and _is_command(s)]
        if guarded and self.random.random() < 0.6:
            guard = [(_scalar("it_is_fine"), expression)]
            requires = yaml.MappingNode("tag:yaml.org,2002:map", guard, flow_style=True)
            self.random.choice(guarded).value.append((_scalar("requires"), requires))
        else:
            _set(slot, expression)

    def rename(self, slot: Slot) -> None:
        owner, index = slot
        if isinstance(owner, yaml.MappingNode):
            name = self.random.choice([hostile.scalar(self.random, ["x"]), *self.names()])
            owner.value[index] = (_scalar(name), owner.value[index][1])

    def wrap(self, slot: Slot) -> None:
        node = _get(slot)
        for _ in range(self.random.choice((1, 1, 5, 70))):
            node = yaml.SequenceNode("tag:yaml.org,2002:seq", [node], flow_style=True)
        _set(slot, node)

    def multiply(self, slot: Slot) -> None:
        count = self.random.choice((10, 50, MANY))
        slot[0].value += [self._again(slot, str(number)) for number in range(2, count)]

    def _again(self, slot: Slot, suffix: str) -> Any:
        owner, index = slot
        entry = deepcopy(owner.value[index])
        if isinstance(owner, yaml.MappingNode):
            return (_scalar(f"{entry[0].value}{suffix}"), entry[1])
        if isinstance(entry, yaml.ScalarNode):
            return _scalar(f"{entry.value}{suffix}")
        return entry


def _get(slot: Slot) -> Any:
    owner, index = slot
    return owner.value[index][1] if isinstance(owner, yaml.MappingNode) else owner.value[index]


def _set(slot: Slot, node: Any) -> None:
    owner, index = slot
    pair = isinstance(owner, yaml.MappingNode)
    owner.value[index] = (owner.value[index][0], node) if pair else node


def _is_type(node: Any) -> bool:
    base = str(node.value).removesuffix("?").partition("[")[0]
    return isinstance(node, yaml.ScalarNode) and base in (*hostile.TYPES[:8], "list", "map")


def _is_command(node: yaml.MappingNode) -> bool:
    return any(key.value in ("creates", "emits", "upserts") for key, _ in node.value)


def _scalar(text: str, *, quoted: bool = False) -> yaml.ScalarNode:
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
    if quoted or tag.rpartition(":")[2] in ("timestamp", "merge", "value", "null"):
        return yaml.ScalarNode("tag:yaml.org,2002:str", text, style='"')
    return yaml.ScalarNode(tag, text)


def _damaged(random: Random, data: bytes) -> bytes:
    """Change bytes, wherever they are."""
    at, length = random.randrange(len(data) + 1), random.choice((1, 3, 40, 2000))
    lines = data.splitlines(keepends=True) or [b""]
    line = random.randrange(len(lines))
    return random.choice(
        (
            data[:at] + random.randbytes(length) + data[at:],
            data[:at] + data[at + length :],
            data[:at],
            data[:at] + random.choice(hostile.TEXTS).encode() + data[at:],
            data[:at] + random.choice((b"[", b"{", b"- ", b"? ", b"a: ")) * length + data[at:],
            b"".join(lines[:line] + lines[line : line + length] * 2 + lines[line:]),
            b"".join(lines[:line] + lines[line + 1 :]),
        )
    )
