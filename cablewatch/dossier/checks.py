"""What agrees and what does not, line by line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cablewatch.alerts.model import Alert
from cablewatch.alerts.records import record
from cablewatch.dossier.bundle import PAGE, SUMS, said_sums
from cablewatch.dossier.contents import MANIFEST, Contents, row_hashes, said_hashes, sha256
from cablewatch.dossier.excerpt import MADE, Excerpt
from cablewatch.output.text import content_hash

LATER = (MANIFEST, PAGE, SUMS)  # files that a manifest cannot name
SHOWN = 8  # differences told one by one; of more the number


class Check(NamedTuple):
    """One line: `agrees` is None where it could not be checked."""

    agrees: bool | None
    what: str


def differences(said: Sequence[Alert], now: Sequence[Alert]) -> list[str]:
    """Figures in which versions of an alert differ, in words; empty where none does.

    `config_hash` is told apart: by it all versions differ at once.
    """
    found = []
    if len(said) != len(now):
        found.append(f"{len(said)} versions said, {len(now)} now")
    for number, (a, b) in enumerate(zip(said, now, strict=False), 1):
        found += [
            f"version {number}, {name}: {old} said, {new} now"
            for name, old, new in _unlike("", record(a), record(b))
            if name != "config_hash"
        ]
    return found


def _unlike(name: str, old: Any, new: Any) -> list[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        keys = list(dict.fromkeys([*old, *new]))
        return [
            found
            for key in keys
            for found in _unlike(f"{name}.{key}".lstrip("."), old.get(key), new.get(key))
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [found for k, (a, b) in pairs for found in _unlike(f"{name}[{k}]", a, b)]
    return [] if old == new else [(name, _brief(old), _brief(new))]


def _brief(value: Any) -> str:
    text = f"{len(value)} entries" if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def shown(found: Sequence[str]) -> list[str]:
    """Some of the differences, and how many more there are."""
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return [*found[:SHOWN], *more]


def of_sums(files: Mapping[str, bytes]) -> list[Check]:
    """Files against ``SHA256SUMS``, and the manifest's own hashes."""
    if SUMS not in files:
        return [Check(False, f"{SUMS} is missing")]
    said = said_sums(files[SUMS])
    there = {name: sha256(data) for name, data in files.items() if name != SUMS}
    return _compared(said, there, SUMS)


def of_manifest(files: Mapping[str, bytes]) -> list[Check]:
    """Files against the hashes in the manifest; it names all but those made after it."""
    said = dict(json.loads(files[MANIFEST])["files"])
    there = {name: sha256(data) for name, data in files.items() if name not in LATER}
    return _compared(said, there, MANIFEST)


def _compared(said: Mapping[str, str], there: Mapping[str, str], where: str) -> list[Check]:
    wrong = [
        f"{name}: is not the file that {where} names"
        for name in said
        if name in there and there[name] != said[name]
    ]
    wrong += [f"{name}: missing, {where} names it" for name in said if name not in there]
    wrong += [f"{name}: {where} does not name it" for name in there if name not in said]
    if wrong:
        return [Check(False, line) for line in wrong]
    return [Check(True, f"{len(said)} files have the SHA-256 that {where} states")]


def of_rows(files: Mapping[str, bytes], contents: Contents) -> list[Check]:
    """Raw rows against their hashes, one by one."""
    said = said_hashes(files)
    wrong = [
        f"{path}: the row of line {line} is not the one that was hashed"
        for (path, line, digest), (_, _, there) in zip(
            said, row_hashes(contents.excerpts), strict=True
        )
        if digest != there
    ]
    if wrong:
        return [Check(False, line) for line in shown(wrong)]
    return [Check(True, f"{len(said):,} raw rows have the SHA-256 stated for each")]


def of_versions(contents: Contents) -> list[Check]:
    """Versions of the alert against the hash of their content."""
    wrong = [v.number for v in contents.versions if v.hash != content_hash(record(v.alert))]
    if wrong:
        listed = ", ".join(map(str, wrong))
        return [Check(False, f"alert: version {listed} is not what its hash states")]
    return [Check(True, f"{len(contents.versions)} versions of the alert have the hash stated")]


def of_excerpts(said: Mapping[str, Excerpt], found: Mapping[str, Excerpt]) -> list[Check]:
    """Rows of the bundle against those of the inputs themselves."""
    old, new = (
        {(p, line): d for p, line, d in row_hashes(e) if line != MADE} for e in (said, found)
    )
    wrong = [
        f"{p}: line {n} is not so in the input" for p, n in old if new.get((p, n)) != old[p, n]
    ]
    wrong += [f"{p}: line {n} of the input is left out" for p, n in new if (p, n) not in old]
    if wrong:
        return [Check(False, line) for line in shown(wrong)]
    return [Check(True, f"{len(old):,} rows stand in the inputs, at the lines stated")]
