"""The policy file: whose signatures a verifier believes. C2SP `tlog-policy`; the specification of the log, section 6.

The file ships with the verifier and never comes from the log's own server.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.tlog.notes import KeyType, VerifierKey, parse_key

NO_WITNESS_SENTENCE: Final = "no independent witness: the authority could show different people different logs"
_NONE = "none"
# White space of a policy file is space and tab alone; no other control character may stand in it.
_WORD = re.compile("[^ \t]+")
_NUMBER = re.compile("[1-9][0-9]{0,8}")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_COSIGNATURES = frozenset({KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44_COSIGNATURE})


@dataclass(frozen=True, slots=True)
class Group:
    """A group of witnesses or groups, met when `needed` of its `members` are."""

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy file. `quorum` names a witness or group, or is None where the file says `quorum none`.

    `addresses` are the submission prefixes of the witnesses that have one; only a log needs them.
    """

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, VerifierKey]
    groups: Mapping[str, Group]
    quorum: str | None
    addresses: Mapping[str, str] = field(default_factory=dict)

    def quorum_time(self, times: Mapping[str, int]) -> int | None:
        """The largest time at which the newest cosignatures in `times` (by witness) still meet the quorum, or None."""
        return None if self.quorum is None else self._time(self.quorum, times)

    def _time(self, name: str, times: Mapping[str, int]) -> int | None:
        if name in self.witnesses:
            return times.get(name)
        group = self.groups[name]
        met = sorted(
            (time for member in group.members if (time := self._time(member, times)) is not None), reverse=True
        )
        return met[group.needed - 1] if len(met) >= group.needed else None


@dataclass(slots=True)
class _Draft:
    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[str, VerifierKey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    grouped: set[str] = field(default_factory=set)
    quorum: list[str] = field(default_factory=list)


def parse_policy(text: str) -> Policy:
    """The policy written in `text`.

    Raises:
        InputRefused: code `policy`; `where` is the line.
    """
    draft = _Draft()
    for number, line in enumerate(text.split("\n"), start=1):
        words = _WORD.findall(line)
        if _CONTROL.search(line):
            raise _refused("A control character stands in this line", f"line {number}")
        if words and not words[0].startswith("#"):
            _read_line(draft, words, f"line {number}")
    if not draft.logs or len(draft.quorum) != 1:
        raise _refused("A policy names at least one log and exactly one quorum", "end")
    quorum = draft.quorum[0]
    named = None if quorum == _NONE else quorum
    return Policy(tuple(draft.logs), draft.witnesses, draft.groups, named, draft.addresses)


def write_policy(logs: tuple[VerifierKey, ...], witnesses: str = "") -> str:
    """The policy file of a log with these keys; `witnesses` are its witness, group and quorum lines, if it has any."""
    lines = "".join(f"log {key}\n" for key in logs)
    if witnesses:
        return f"# Rollbook policy.\n{lines}{witnesses}"
    head = "# Rollbook policy. No witness signs yet, so every verdict says:\n# " + NO_WITNESS_SENTENCE + "\n"
    return f"{head}{lines}quorum none\n"


def _read_line(draft: _Draft, words: list[str], where: str) -> None:
    match words:
        case ["log", key, *rest] if len(rest) <= 1:
            _add_log(draft, _key(key, where), where)
        case ["witness", name, key, *rest] if len(rest) <= 1:
            _add_witness(draft, name, _key(key, where), where)
            if rest:
                draft.addresses[name] = rest[0]
        case ["group", name, needed, *members] if members:
            _add_group(draft, name, needed, members, where)
        case ["quorum", name]:
            if name != _NONE and name not in draft.witnesses and name not in draft.groups:
                raise _refused("The quorum names nothing that stands above it", where)
            draft.quorum.append(name)
        case _:
            raise _refused("This line is not a log, witness, group or quorum", where)


def _key(text: str, where: str) -> VerifierKey:
    try:
        return parse_key(text)
    except InputRefused:
        raise _refused("The key is not a verifier key of a known type", where) from None


def _add_log(draft: _Draft, key: VerifierKey, where: str) -> None:
    if any(key.public == known.public for known in draft.logs):
        raise _refused("The same log key stands twice", where)
    draft.logs.append(key)


def _add_witness(draft: _Draft, name: str, key: VerifierKey, where: str) -> None:
    _check_new_name(draft, name, where)
    # One key under two names would let one operator count twice.
    if key.type not in _COSIGNATURES or key.public in {known.public for known in draft.witnesses.values()}:
        raise _refused("A witness needs a cosignature key of its own", where)
    draft.witnesses[name] = key


def _add_group(draft: _Draft, name: str, needed: str, members: list[str], where: str) -> None:
    _check_new_name(draft, name, where)
    for member in members:
        if member not in draft.witnesses and member not in draft.groups:
            raise _refused("A group names nothing that stands above it", where)
        if member in draft.grouped:
            raise _refused("A witness or group is a member twice, so it could count twice", where)
        draft.grouped.add(member)
    count = {"any": 1, "all": len(members)}.get(needed)
    if count is None:
        count = int(needed) if _NUMBER.fullmatch(needed) else 0
    if not 1 <= count <= len(members):
        raise _refused("A group needs any, all, or a number up to its members", where)
    draft.groups[name] = Group(count, tuple(members))


def _check_new_name(draft: _Draft, name: str, where: str) -> None:
    if name == _NONE or name in draft.witnesses or name in draft.groups:
        raise _refused("This name is taken", where)


def _refused(message: str, where: str) -> InputRefused:
    mend = "Take the policy file that was released with the verifier."
    return InputRefused(Reason("policy", message, where=where, mend=mend))
