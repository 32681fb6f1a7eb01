"""What was free is given back: pages that a compaction took are not held for months."""

import subprocess
import sys
from pathlib import Path

import pytest

TAKEN_MB = 100
CHILD = f"""
import re, sys, time
from pathlib import Path
from cablewatch.live.memory import give_back, use_one_allocator
use_one_allocator()
import numpy as np, pyarrow as pa, pyarrow.dataset as ds, pyarrow.parquet as pq

def resident_mb():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

rows = np.random.default_rng(1).integers(0, 1 << 60, {TAKEN_MB} << 17)
pq.write_table(pa.table({{"a": rows}}), sys.argv[1], row_group_size=1 << 16)
del rows
give_back()
before = resident_mb()
read = ds.dataset(sys.argv[1]).to_table(filter=ds.field("a") > 5)
most = resident_mb()
del read
for _ in range(100):  # threads of Arrow may hold it a little longer
    give_back()
    left = resident_mb() - before
    if left < (most - before) / 5:
        break
    time.sleep(0.1)
print(most - before, left)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells memory by /proc")
def test_pages_that_arrow_let_go_of_are_given_back(tmp_path: Path) -> None:
    call = [sys.executable, "-c", CHILD, str(tmp_path / "rows.parquet")]
    said = subprocess.run(call, capture_output=True, text=True, check=True)
    most, left = map(float, said.stdout.split())
    assert most > TAKEN_MB / 3
    assert left < most / 5
