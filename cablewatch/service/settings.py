"""Every setting of the service, with its type, bounds and meaning.

A value comes from an option of the command, else from the environment (``CABLEWATCH_PORT``), else
from a TOML file (``port = 8000``), else from here; ``configuration`` brings them together. A model
made in code reads none of these.
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from cablewatch.places import place_of
from cablewatch.stores.folder import alerts_place

PREFIX = "CABLEWATCH_"
MIB = 1 << 20


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address.

    >>> [is_loopback(host) for host in ("localhost", "::1", "127.0.0.2", "127.example", "0.0.0.0")]
    [True, True, True, False, False]
    """
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _parts(said: str | Sequence[str]) -> Sequence[str]:
    """Take a list apart that stands in one text, as in the environment."""
    return (
        [part.strip() for part in said.split(",") if part.strip()]
        if isinstance(said, str)
        else said
    )


def _origin(said: str) -> str:
    parts = urlsplit(said)
    if parts.scheme not in ("http", "https") or said != f"{parts.scheme}://{parts.netloc}":
        raise ValueError(f"{said!r} is no origin; write it as https://map.example")
    if not parts.hostname or "*" in said or "@" in said:
        raise ValueError(f"{said!r} is no origin of one host; name each as https://map.example")
    return said


def _tiles(said: str) -> str:
    parts = urlsplit(said)
    sound = parts.scheme in ("http", "https") and re.fullmatch(r"[\w.:\[\]-]+", parts.netloc)
    if not sound or any(name not in said for name in ("{z}", "{x}", "{y}")):
        raise ValueError("no address of tiles; write it as https://tiles.example/{z}/{x}/{y}.png")
    return said


def _text(said: object) -> object:
    return str(said) if isinstance(said, Path) else said


def _store(said: str) -> str:
    if not said.strip():  # a path takes it for the folder one is in
        raise ValueError("names no folder; give one, or a URL such as s3://BUCKET/NAME")
    return said


def _network(said: str) -> str:
    ip_network(said)
    return said


def _host(said: str) -> str:
    if not said.strip():  # a socket takes it for every address
        raise ValueError("names no address; give 127.0.0.1, or 0.0.0.0 for everyone")
    return said


Several = (NoDecode, BeforeValidator(_parts))
Names = Annotated[tuple[str, ...], *Several]
Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], *Several]
Networks = Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], *Several]
Port = Annotated[int, Field(ge=1, le=65_535)]
Ports = Annotated[tuple[Port, ...], *Several]


class Settings(BaseSettings):
    """Settings of the service; the defaults are those of one person at one machine."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    host: Annotated[str, AfterValidator(_host)] = Field(
        default="127.0.0.1",
        description="Address to listen on; any but a loopback address asks for keys.",
    )
    port: int = Field(
        default=8000, ge=0, le=65_535, description="Port to listen on; 0 takes a free one."
    )
    store: Annotated[str, BeforeValidator(_text), AfterValidator(_store)] | None = Field(
        default=None, description="Folder or URL that `replay --store` writes."
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="Database of alerts, reviews and keys; a file in the store if not given.",
    )
    statement_seconds: float = Field(
        default=10, gt=0, le=3600, description="For which PostgreSQL may work at one statement."
    )
    lock_seconds: float = Field(
        default=10, gt=0, le=600, description="For which a write waits for another's lock."
    )
    require_keys: bool = Field(
        default=False, description="Ask for keys, and limit rates, on a loopback address too."
    )
    cors_origins: Origins = Field(
        default=(), description="Origins whose pages may read answers, as `https://map.example`."
    )
    tiles: Annotated[str, AfterValidator(_tiles)] | None = Field(
        default=None,
        description="Pictures to draw on the map's land and sea, as "
        "`https://tiles.example/{z}/{x}/{y}.png`; the page may ask this host beside the service.",
    )
    tiles_credit: str | None = Field(
        default=None, description="Whom these are owed to, as the map says beside its own sources."
    )
    trusted_proxies: Networks = Field(
        default=(), description="Addresses or networks whose `X-Forwarded-For` is believed."
    )
    requests_per_minute: int = Field(
        default=600, ge=1, le=100_000, description="Requests of one key, or address, in any minute."
    )
    failures_per_minute: int = Field(
        default=10, ge=1, le=10_000, description="Refused keys of one address in any minute."
    )
    max_body_bytes: int = Field(
        default=MIB, ge=1, le=1024 * MIB, description="Longest body of a request."
    )
    max_header_bytes: int = Field(
        default=16_384,
        ge=1024,
        le=MIB,
        description="Longest line and headers of a request together.",
    )
    header_seconds: float = Field(
        default=10, gt=0, le=600, description="Until the headers of a request must have arrived."
    )
    request_seconds: float = Field(
        default=30, gt=0, le=3600, description="Until a request is whole and its answer begins."
    )
    stall_seconds: float = Field(
        default=10, gt=0, le=600, description="For which a client may take nothing of what is sent."
    )
    idle_seconds: int = Field(
        default=5, ge=1, le=600, description="For which a connection is kept without a request."
    )
    shutdown_seconds: int = Field(
        default=10, ge=1, le=600, description="For which running requests may go on at the end."
    )
    max_connections: int = Field(
        default=2000, ge=1, le=100_000, description="Connections at a time."
    )
    connections_per_address: int = Field(
        default=100, ge=1, le=100_000, description="Connections of one address at a time."
    )
    metrics: bool = Field(default=True, description="Answer `/metrics` for Prometheus.")
    log_format: Literal["text", "json"] = Field(
        default="text", description="Lines for people, or a JSON object a line."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="The least that is logged; `info` logs each request."
    )
    webhook_hosts: Names = Field(
        default=(), description="Hosts that webhooks reach although private, and over `http` too."
    )
    webhook_ports: Ports = Field(default=(443,), description="Ports that webhooks may be sent to.")
    delivered_days: int = Field(
        default=30,
        ge=1,
        le=36_500,
        description="For which messages that were delivered are listed; then they are forgotten.",
    )

    @property
    def exposed(self) -> bool:
        """Whether callers need keys and have their requests counted."""
        return self.require_keys or not is_loopback(self.host)

    @property
    def own_names(self) -> tuple[str, ...] | None:
        """Names that requests may call the service by; None for any, where others reach it."""
        loopback = is_loopback(self.host)
        return ("localhost", "127.0.0.1", "::1", self.host) if loopback else None

    @property
    def tiles_origin(self) -> str | None:
        """The host that the page asks for tiles; None where there are none."""
        if self.tiles is None:
            return None
        parts = urlsplit(self.tiles)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def alerts_place(self) -> Path | str | None:
        """Where alerts and keys are: the database, else a file in the store, else nowhere."""
        if self.database_url:  # an empty one is none
            return self.database_url.get_secret_value()
        return None if self.store is None else alerts_place(place_of(self.store), None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what the code gives and no more."""
        return (init_settings,)
