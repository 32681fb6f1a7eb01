"""Times, names and cells of a table."""

import pytest

from cablewatch.output.text import csv_cell, epoch_ms, printable, rfc3339

T0 = epoch_ms("2024-11-17T08:00:00Z")
UNSEEN = "\x1b[2J\x07\x7f\x9b31m\u202e\u2028\ufeff\u200b\r\n"


@pytest.mark.parametrize("t_ms", [T0, T0 + 1, T0 + 999, 0, -1, 253_402_300_799_999])
def test_times_come_back(t_ms):
    assert epoch_ms(rfc3339(t_ms)) == t_ms


def test_text_for_a_terminal_has_no_control_characters():
    assert printable(f"ÖLAND {UNSEEN}\udcff").count("\ufffd") == len(UNSEEN) + 1 - len("[2J31m")
    assert printable("ÖLAND 1") == "ÖLAND 1"


@pytest.mark.parametrize(
    "prefix", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\xa0\v=", "\ufeff@", "\uff1d"]
)
def test_every_formula_prefix_is_escaped(prefix):
    assert csv_cell(prefix + "1") == "'" + prefix + "1"
