"""Column types that mean the same in SQLite and PostgreSQL."""

from typing import Any

import sqlalchemy as sa

NUMBERED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts INTEGER keys alone


class Words(sa.types.TypeDecorator[str]):
    """Text that is compared and sorted by its UTF-8 bytes.

    PostgreSQL holds no NUL, and UTF-8 no lone surrogate: both are replaced, in what is written and
    in what is searched.
    """

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Return the type that the database knows."""
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(sa.Text(collation=collation))

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Return text that both databases hold."""
        return None if value is None else held(value)


def held(text: str) -> str:
    """A text as :class:`Words` holds it."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()
