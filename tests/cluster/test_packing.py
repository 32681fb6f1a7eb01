"""Bodies of rows say what they said, packed where that gains something."""

import numpy as np
import pytest

from cablewatch.cluster.packing import SMALL_BYTES, packed, unpacked


@pytest.mark.parametrize("n", [0, 1, SMALL_BYTES // 16, 1 << 16])
def test_a_body_says_what_it_said(n: int) -> None:
    rows = np.arange(n)
    body = packed((rows, "ships"))
    again, what = unpacked(body)
    assert what == "ships"
    assert np.array_equal(again, rows)
    again[:] = 0  # as a task does with station codes
    if n > SMALL_BYTES:
        assert len(body) < rows.nbytes / 2
    else:
        assert rows.nbytes < len(body) < rows.nbytes + 500
