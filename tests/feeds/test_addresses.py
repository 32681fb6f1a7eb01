"""Sources by URL: what each becomes, and that no password is ever shown."""

import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cablewatch import feeds
from cablewatch.cables.model import load_cables
from cablewatch.cli import app
from cablewatch.errors import UsageError
from cablewatch.feeds.addresses import open_feed
from cablewatch.feeds.base import Source


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CABLEWATCH_AISSTREAM_KEY", "hunter2")


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("aisstream://", Source("aisstream", "aisstream", False, 60.0)),
        ("wss://stream.aisstream.io/v0/stream", Source("aisstream", "aisstream", False, 60.0)),
        ("tcp://h:1?name=", Source("h:1", "nmea", False, 20.0)),
        ("digitraffic://?name=fi", Source("fi", "digitraffic", False, 60.0)),
        ("mqtt://localhost/ais/#", Source("localhost:1883/ais/#", "nmea", False, 0.0)),
        (
            "mqtts://h:1/a/+/b?format=ais-catcher&client=x&websocket=/mqtt&silence=5",
            Source("h:1/a/+/b", "ais-catcher", False, 5.0),
        ),
        ("nats://h/ais.%3E?stream=AIS&durable=a", Source("h:4222/ais.>", "nmea", True, 0.0)),
        ("kafka://h/ais?group=a", Source("h:9092/ais", "nmea", True, 0.0)),
        ("kafkas://h:1/ais?sasl=PLAIN", Source("h:1/ais", "nmea", True, 0.0)),
        ("serial:///dev/ttyUSB0?baud=9600", Source("ttyUSB0", "nmea", False, 0.0)),
        ("serial://COM3", Source("COM3", "nmea", False, 0.0)),
    ],
)
def test_each_kind_of_source(url: str, source: Source) -> None:
    assert open_feed(url).source == source


def test_a_path_has_options_too(tmp_path: Path) -> None:
    (tmp_path / "a b.nmea").write_text("!AIVDM,1,1,,B,33I>hf0PA706QD:L7NC5lT;`011Q,0*22\n")
    for url in (f"{tmp_path}/a b.nmea?name=x", f"file://{tmp_path}/a%20b.nmea?name=x"):
        assert open_feed(url).source.name == "x"


def test_what_is_asked_of_brokers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CABLEWATCH_MQTT_USER", "anna")
    monkeypatch.setenv("CABLEWATCH_MQTT_PASSWORD", "hunter2")
    feed: Any = open_feed("mqtts://h/a/#?client=x&websocket=/mqtt")
    broker = feed._broker
    assert (broker.host, broker.port, broker.tls, broker.websocket) == ("h", 8883, True, "/mqtt")
    assert (broker.client, broker.user, broker.password) == ("x", "anna", "hunter2")
    assert feed._topics == ["a/#"]
    stream: Any = open_feed("nats://h:1/ais.*?stream=AIS&durable=a")
    assert (stream._server, stream.consumer) == ("nats://h:1", ("ais.*", "AIS", "a"))
    over_tls: Any = open_feed("natss://[::1]/ais")
    assert over_tls._server == "tls://[::1]:4222"


def test_boxes_reach_the_service() -> None:
    feed: Any = open_feed("aisstream://", boxes=[(24.0, 59.0, 25.0, 60.0)])
    assert feed._url == "wss://stream.aisstream.io/v0/stream"
    assert feed._subscription()["BoundingBoxes"] == [[[58.5, 23.5], [60.5, 25.5]]]


@pytest.mark.parametrize(
    "url",
    [
        "mqtt://anna:hunter2@h/ais",
        "nats://anna:hunter2@h/ais",
        "kafka://hunter2@h/ais",
        "tcp://anna:hunter2@h:1",
        "mqtt://h/ais?password=hunter2",
        "wss://stream.aisstream.io/v0/stream?APIKey=hunter2",
        "https://anna:hunter2@h/",
        "aisstream://?key=hunter2&silence=x",
    ],
)
def test_an_address_with_a_password_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_feed(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("mqtt://h", "names no topic"),
        ("mqtt:///ais", "names no host and port"),
        ("nats://h:1/", "names no subject"),
        ("kafka://h:x/ais", "names no host and port"),
        ("serial://", "names no device"),
        ("serial:///dev/ttyUSB0?baud=fast", "baud=fast is no number"),
        ("serial:///dev/ttyUSB0?baud=0", "baud=0 is no number"),
        ("mqtt://[::1/ais", "its address cannot be read"),
    ],
)
def test_what_is_missing_is_said(url: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_feed(url)
    assert caught.value.what == what


def test_the_key_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CABLEWATCH_AISSTREAM_KEY")
    with pytest.raises(UsageError, match="needs a key; set CABLEWATCH_AISSTREAM_KEY"):
        open_feed("aisstream://")


@pytest.mark.parametrize(
    ("url", "library", "extra"),
    [
        ("aisstream://", "websockets", "feeds"),
        ("digitraffic://", "aiomqtt", "feeds"),
        ("mqtt://h/a", "aiomqtt", "feeds"),
        ("nats://h/a", "nats", "feeds"),
        ("serial:///dev/ttyUSB0", "serial", "feeds"),
        ("kafka://h/a", "confluent_kafka", "kafka"),
    ],
)
def test_a_missing_library_is_named_with_what_to_install(
    url: str, library: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [name for name in sys.modules if name.startswith(f"{library}.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    for module in ("aisstream", "kafka", "mqtt", "nats", "serial"):
        monkeypatch.delitem(sys.modules, f"cablewatch.feeds.{module}", raising=False)
        monkeypatch.delattr(feeds, module, raising=False)
    with pytest.raises(UsageError) as caught:
        open_feed(url)
    kind = url.partition(":")[0]
    assert caught.value.what == f"{kind}:// needs {library}, which is not installed"
    assert caught.value.do == f"pip install 'cablewatch[{extra}]'"
    assert open_feed("tcp://127.0.0.1:1").source.name == "127.0.0.1:1"


def test_a_watch_asks_for_the_boxes_of_its_cables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Any] = []

    def opened(urls: Any, speed: float, boxes: Any) -> Any:
        asked.extend(boxes)
        raise UsageError("enough", "is known", "stop")

    monkeypatch.setattr("cablewatch.feeds.addresses.open_feeds", opened)
    watching = ["watch", "aisstream://", "--store", str(tmp_path / "s")]
    found = CliRunner().invoke(app, watching)
    assert "enough: is known" in str(found.exception) + found.output
    assert asked == [cable.route.bounds for cable in load_cables()]


@pytest.mark.parametrize(
    "url", ["tcp://h:1?format=nema", "mqtt://h/ais?format=", "udp://:1?format=csv"]
)
def test_a_format_without_lines_is_refused_before_anything_is_received(url: str) -> None:
    with pytest.raises(UsageError, match="is not read line by line"):
        open_feed(url)
