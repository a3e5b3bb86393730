"""Scenarios: examples of the whole system, run through the gateway."""

from __future__ import annotations

import re

from meshgen.spec import grammar
from meshgen.spec.grammar.names import VARIABLE
from meshgen.spec.parser.reading import Reading
from meshgen.spec.syntax import DoSyntax, ScenarioSyntax, SeeSyntax, Word
from meshgen.spec.yaml.tree import Broken, Entry, Mapping, Node, Sequence, shape
from meshgen.unicode import printable

NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(([ -]|, |'|' )[A-Za-z0-9]+)*")
MAX_NAME = 100


def read_scenarios(reading: Reading, node: Node | None) -> tuple[ScenarioSyntax, ...]:
    """The section `scenarios`."""
    if node is None:
        return ()
    found: dict[str, ScenarioSyntax] = {}
    for entry in reading.entries(node, "`scenarios`", "`{a sentence: [step, step]}`"):
        slug = re.sub(r"[^a-z0-9]+", "_", entry.key.text.lower())
        if not NAME.fullmatch(entry.key.text) or len(entry.key.text) > MAX_NAME:
            hint = f"use plain words, at most {MAX_NAME} characters: it names a test"
            reading.error(
                entry.key.at,
                f"`{printable(entry.key.text)}` is not a valid name for a scenario",
                hint,
            )
        elif slug in found:
            reading.error(
                entry.key.at,
                f"this has the same words as `{found[slug].name}`",
                "use different words: they name a test",
            )
        else:
            found[slug] = _scenario(reading, entry)
    return tuple(found.values())


def _scenario(reading: Reading, entry: Entry) -> ScenarioSyntax:
    name = Word(entry.key.text, entry.key.at)
    if isinstance(entry.value, Sequence) and not entry.value.items:
        reading.error(entry.key.at, "this scenario has no steps")
    steps = [_step(reading, item) for item in reading.items(entry.value, "a scenario")]
    return ScenarioSyntax(name=name, steps=tuple(step for step in steps if step))


def _step(reading: Reading, node: Node) -> DoSyntax | SeeSyntax | None:
    if not isinstance(node, Mapping):
        if not isinstance(node, Broken):
            reading.error(
                node.at,
                f"a step cannot be {shape(node)}",
                "write `{as: role, do: service.Command}` or `{as: role, see: unit.Query}`",
            )
        return None
    if any(entry.key.text == "see" for entry in node.entries):
        return _see(reading, node)
    return _do(reading, node)


def _do(reading: Reading, node: Mapping) -> DoSyntax | None:
    values = reading.keyed(node, grammar.DO_STEP)
    role = reading.word(values.get("as"), "`as`")
    command = reading.word(values.get("do"), "`do`")
    with_ = reading.assignments(values.get("with"), "`with`")
    keep = reading.word(values.get("keep"), "`keep`")
    if keep:
        reading.checked(keep, VARIABLE, "what is kept")
    if not role or not command:
        if keep:
            reading.lost.add(keep.text)
        return None
    return DoSyntax(role=role, command=command, values=with_, keep=keep, at=node.entries[0].key.at)


def _see(reading: Reading, node: Mapping) -> SeeSyntax | None:
    values = reading.keyed(node, grammar.SEE_STEP)
    role = reading.word(values.get("as"), "`as`")
    query = reading.word(values.get("see"), "`see`")
    arguments = reading.assignments(values.get("of"), "`of`")
    with_ = reading.assignments(values.get("with"), "`with`")
    if not role or not query:
        return None
    return SeeSyntax(
        role=role, query=query, arguments=arguments, values=with_, at=node.entries[0].key.at
    )
