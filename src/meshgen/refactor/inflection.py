"""From an event to the command that causes it: `ParcelDispatched` to `DispatchParcel`."""

from __future__ import annotations

import re

from meshgen.naming import split_words

_IRREGULAR: dict[str, str] = dict(
    re.findall(
        r"(\w+):(\w+)",
        """
    begun:begin born:bear bought:buy broken:break brought:bring built:build caught:catch
    chosen:choose cut:cut done:do drawn:draw driven:drive found:find given:give gone:go held:hold
    hidden:hide hit:hit kept:keep laid:lay led:lead left:leave lent:lend let:let lost:lose
    made:make met:meet paid:pay put:put quit:quit read:read reset:reset rung:ring risen:rise
    run:run seen:see sent:send set:set shown:show shut:shut sold:sell sought:seek spent:spend
    split:split stolen:steal stuck:stick sworn:swear taken:take taught:teach thrown:throw
    told:tell torn:tear understood:understand undone:undo upset:upset withdrawn:withdraw won:win
    worn:wear written:write rewritten:rewrite overridden:override

    added:add compiled:compile competed:compete completed:complete created:create cited:cite
    deleted:delete depleted:deplete developed:develop embedded:embed enrolled:enroll
    explored:explore focused:focus fulfilled:fulfil ignored:ignore imagined:imagine
    installed:install invited:invite piloted:pilot pivoted:pivot postponed:postpone
    rerouted:reroute restored:restore routed:route stored:store united:unite
    """,
    )
)
_VOWELS = "aeiou"
_UNSTRESSED = ("er", "en", "on", "or", "it", "et", "op", "el", "al", "om", "in", "il", "us")
_STRESSED_IN = re.compile(r"(cl|f|b|r|m|gn|z)in")  # decline, define, combine, determine...


def infinitive(participle: str) -> str | None:
    """Return the infinitive: `dispatched` to `dispatch`; None if it is not a participle."""
    word = participle.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.startswith("re") and word[2:] in _IRREGULAR:
        return "re" + _IRREGULAR[word[2:]]
    if not word.endswith("ed") or len(word) < 4:
        return None
    stem = word[:-2]
    if stem.endswith("i"):
        return stem[:-1] + "y"
    return stem if stem.endswith("e") else _regular(stem)


def _regular(stem: str) -> str:
    """Restore a silent `e` of a regular verb, or undo a doubled consonant."""
    last, before, third = stem[-1], stem[-2:-1], stem[-3:-2]
    if last == before:
        short = len(stem.removeprefix("re")) <= 4 if last == "l" else last in "sz"  # call, recall
        return stem if short else stem[:-1]
    if last in "cguvz" or (last == "s" and before != "s"):
        return stem + "e"
    if last == "l" and before not in _VOWELS and before not in "rw":
        return stem + "e"  # enable, settle
    if last not in "wxyh" and before in _VOWELS + "y" and third not in tuple(_VOWELS):
        return stem + "e" if _is_stressed(stem) else stem
    if stem.endswith(("iat", "uat", "quir", "quot")):
        return stem + "e"
    return stem


def _is_stressed(stem: str) -> bool:
    """Guess whether the last syllable is stressed; if so, the verb has a silent `e`."""
    if len(re.findall("[aeiouy]+", stem)) == 1:
        return True
    return not stem.endswith(_UNSTRESSED) or bool(_STRESSED_IN.search(stem[-4:]))


def participle_of(event: str) -> str:
    """Return what happened, in snake case: `ItemTakenOut` to `taken_out`."""
    words = split_words(event)
    return "_".join(words[_verb_at(words) or 0 :]).lower()


def command_of(event: str) -> str:
    """Return the command that causes `event`: `ItemTakenOut` to `TakeOutItem`."""
    words = split_words(event)
    at = _verb_at(words)
    if at is None:
        return f"Record{event}"
    verb = infinitive(words[at]) or ""
    return verb.capitalize() + "".join(words[at + 1 :]) + "".join(words[:at])


def _verb_at(words: list[str]) -> int | None:
    """Return the index of the last participle, not counting the first word."""
    found = [index for index, word in enumerate(words) if index and infinitive(word)]
    return found[-1] if found else None
