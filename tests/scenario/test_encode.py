"""Our encoder against pyais, an independent reader of the same standard."""

import numpy as np
import pyais
import pytest

from cablewatch.fixes import Array
from cablewatch.scenario import encode
from cablewatch.scenario.reception import REPORT_DTYPE
from cablewatch.vessels.statics import STATIC_DTYPE

N = 200
POSITION_DEG = 1.5e-6  # half of 1/10,000 minute, and six decimals of pyais
SIX_BIT = "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"


def random_reports(seed: int) -> Array:
    rng = np.random.default_rng(seed)
    rows = np.zeros(N, REPORT_DTYPE)
    rows["t_s"] = rows["received_s"] = 1_731_715_200 + rng.integers(0, 259_200, N)
    rows["mmsi"] = rng.integers(200_000_000, 800_000_000, N)
    rows["lon_deg"] = rng.uniform(-180, 180, N)
    rows["lat_deg"] = rng.uniform(-90, 90, N)
    rows["sog_kn"] = rng.uniform(0, 102, N)
    rows["cog_deg"] = rng.uniform(0, 359.9, N)
    rows["heading_deg"] = rng.integers(0, 360, N)
    rows["nav_status"] = rng.integers(0, 16, N)
    for name in ("lon_deg", "sog_kn", "cog_deg", "heading_deg"):
        rows[name][rng.random(N) < 0.1] = np.nan
    rows["lat_deg"][np.isnan(rows["lon_deg"])] = np.nan
    return rows


def random_vessels(seed: int) -> Array:
    rng = np.random.default_rng(seed)
    rows = np.zeros(N, STATIC_DTYPE)
    rows["mmsi"] = rng.integers(200_000_000, 800_000_000, N)
    rows["imo"] = rng.integers(1_000_000, 9_999_999, N)
    rows["ship_type"] = rng.choice([30, 36, 37, 60, 70, 79, 80, 89, 90], N)
    rows["to_bow_m"], rows["to_stern_m"] = rng.integers(0, 512, (2, N))
    rows["to_port_m"], rows["to_starboard_m"] = rng.integers(0, 64, (2, N))
    rows["draught_m"] = rng.integers(1, 255, N) / 10
    for name, width in (("name", 20), ("callsign", 7), ("destination", 20)):
        texts = ["".join(rng.choice(list(SIX_BIT), width)).strip(" @") for _ in range(N)]
        rows[name] = [text.encode() for text in texts]
    return rows


def framed(payload: tuple[Array, int], rows: Array) -> list[str]:
    """Lines of one message a row, as text without line ends."""
    station, channel = np.full(N, b"se-got"), np.full(N, b"B")
    text = encode.lines(payload, station, rows, channel).tobytes().decode()
    return text.split("\r\n")[:-1]


def expect(value: float, unknown: float) -> float:
    return unknown if np.isnan(value) else value


@pytest.mark.parametrize("kind", [1, 3, 18])
def test_positions_read_back(kind: int) -> None:
    rows = random_reports(kind)
    payload = encode.positions_b(rows) if kind == 18 else encode.positions_a(rows, kind)
    for line, row in zip(framed(payload, rows["received_s"]), rows, strict=True):
        message = pyais.decode(line)
        assert message.msg_type == kind
        assert message.mmsi == row["mmsi"]
        assert message.lon == pytest.approx(expect(row["lon_deg"], 181.0), abs=POSITION_DEG)
        assert message.lat == pytest.approx(expect(row["lat_deg"], 91.0), abs=POSITION_DEG)
        assert message.speed == pytest.approx(expect(row["sog_kn"], 102.3), abs=0.0501)
        assert message.course == pytest.approx(expect(row["cog_deg"], 360.0), abs=0.0501)
        assert message.heading == expect(row["heading_deg"], 511)
        assert message.second == row["t_s"] % 60
        if kind != 18:
            assert message.status == row["nav_status"]
            assert message.turn == -128.0


def test_the_fastest_speed_stays_a_speed() -> None:
    rows = random_reports(0)
    rows["sog_kn"] = 150.0  # 102.2 means "102.2 or more"; 102.3 would mean "not available"
    lines = framed(encode.positions_a(rows), rows["received_s"])
    assert pyais.decode(lines[0]).speed == pytest.approx(102.2)


def test_a_course_just_below_north_is_not_the_sentinel() -> None:
    rows = random_reports(0)
    rows["cog_deg"], rows["heading_deg"] = 359.97, 359.7
    message = pyais.decode(framed(encode.positions_a(rows), rows["received_s"])[0])
    assert (message.course, message.heading) == (0.0, 0)


def test_static_data_reads_back() -> None:
    vessels = random_vessels(5)
    times = np.full(N, 1_731_715_200)
    text = encode.line_pairs(
        encode.static_a(vessels), np.full(N, b"fi-hel"), times, np.full(N, b"A"), np.arange(N)
    )
    lines = text.tobytes().decode().split("\r\n")[:-1]
    assert len(lines) == 2 * N
    for first, second, row in zip(lines[::2], lines[1::2], vessels, strict=True):
        message = pyais.decode(first, second)
        assert message.msg_type == 5
        assert (message.mmsi, message.imo) == (row["mmsi"], row["imo"])
        assert message.shipname == row["name"].decode()
        assert message.callsign == row["callsign"].decode()
        assert message.destination == row["destination"].decode()
        assert message.ship_type == row["ship_type"]
        assert (message.to_bow, message.to_stern) == (row["to_bow_m"], row["to_stern_m"])
        assert (message.to_port, message.to_starboard) == (row["to_port_m"], row["to_starboard_m"])
        assert message.draught == pytest.approx(float(row["draught_m"]), abs=0.01)


def test_class_b_static_data_reads_back() -> None:
    vessels = random_vessels(24)
    times = np.full(N, 1_731_715_200)
    names = framed(encode.static_b_name(vessels), times)
    crafts = framed(encode.static_b_type(vessels), times)
    for name, craft, row in zip(names, crafts, vessels, strict=True):
        assert pyais.decode(name).shipname == row["name"].decode()
        message = pyais.decode(craft)
        assert (message.partno, message.mmsi) == (1, row["mmsi"])
        assert message.ship_type == row["ship_type"]
        assert message.callsign == row["callsign"].decode()
        assert (message.to_bow, message.to_port) == (row["to_bow_m"], row["to_port_m"])


def test_both_checksums_hold() -> None:
    rows = random_reports(1)
    for line in framed(encode.positions_a(rows), rows["received_s"]):
        _, tag, sentence = line.split("\\")
        for body, given in (tag.rsplit("*", 1), sentence[1:].rsplit("*", 1)):
            xor = 0
            for char in body.encode():
                xor ^= char
            assert f"{xor:02X}" == given


def test_the_tag_block_names_station_and_time() -> None:
    rows = random_reports(2)
    line = framed(encode.positions_a(rows), rows["received_s"])[0]
    assert line.startswith(f"\\s:se-got,c:{rows['received_s'][0]}*")


def test_no_rows_make_no_bytes() -> None:
    rows = random_reports(0)[:0]
    text = encode.lines(
        encode.positions_a(rows), np.array([], "S6"), rows["received_s"], np.array([], "S1")
    )
    assert text.tobytes() == b""
