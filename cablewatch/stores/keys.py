"""API keys: made once, shown once, kept as hashes.

A key is ``cw_ID_SECRET``. Its secret has 256 random bits, so that one round of SHA-256 is enough:
there is nothing to guess. It is compared in constant time.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cablewatch.stores.events import now_ms
from cablewatch.stores.sql.database import Database
from cablewatch.stores.sql.tables import KEYS

_TOKEN = re.compile(r"cw_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_NOBODY = "0" * 64  # the hash of no secret


@dataclass(frozen=True)
class Key:
    """What is known of a key; never the key itself."""

    id: str
    name: str
    scopes: frozenset[str]
    created_ms: int
    expires_ms: int | None
    revoked_ms: int | None

    def holds(self, at_ms: int) -> bool:
        """Whether it may be used at a time."""
        return self.revoked_ms is None and (self.expires_ms is None or at_ms < self.expires_ms)


class KeyStore:
    """Keys in a database; see :class:`Database` for what it raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(
        self,
        name: str,
        scopes: Iterable[str],
        expires_ms: int | None = None,
        at_ms: int | None = None,
    ) -> tuple[Key, str]:
        """Make a key, and return it with the text that its holder sends; it is kept nowhere."""
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        row = {
            "id": key_id,
            "name": name,
            "hash": _hash(secret),
            "scopes": " ".join(sorted(set(scopes))),
            "created_ms": now_ms() if at_ms is None else at_ms,
            "expires_ms": expires_ms,
        }
        with self._database.writing() as db:
            db.execute(sa.insert(KEYS).values(row))
            made = _key(db.execute(sa.select(KEYS).where(KEYS.c.id == key_id)).one())
        return made, f"cw_{key_id}_{secret}"

    def check(self, token: str, at_ms: int | None = None) -> Key | None:
        """Return the key that a text is, where it may be used now; None else."""
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            return None
        with self._database.reading() as db:
            row = db.execute(sa.select(KEYS).where(KEYS.c.id == parts[1])).one_or_none()
        same = hmac.compare_digest(_hash(parts[2]), _NOBODY if row is None else row.hash)
        if row is None or not same:
            return None
        key = _key(row)
        return key if key.holds(now_ms() if at_ms is None else at_ms) else None

    def revoke(self, key_id: str, at_ms: int | None = None) -> bool:
        """Let a key be used no more; whether there is one that could be."""
        usable = sa.update(KEYS).where(KEYS.c.id == key_id, KEYS.c.revoked_ms.is_(None))
        with self._database.writing() as db:
            moment = now_ms() if at_ms is None else at_ms
            return db.execute(usable.values(revoked_ms=moment)).rowcount > 0

    def all(self) -> tuple[Key, ...]:
        """All keys, from the oldest; revoked ones too."""
        asked = sa.select(KEYS).order_by(KEYS.c.created_ms, KEYS.c.id)
        with self._database.reading() as db:
            return tuple(map(_key, db.execute(asked)))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: sa.Row[Any]) -> Key:
    scopes = frozenset(row.scopes.split())
    return Key(row.id, row.name, scopes, row.created_ms, row.expires_ms, row.revoked_ms)
