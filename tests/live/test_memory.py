"""What was free is given back: pages that a compaction took are not held for months."""

import subprocess
import sys
from pathlib import Path

import pytest

TAKEN_MB = 200
CHILD = f"""
import re, threading
from pathlib import Path
import numpy as np, pyarrow as pa, pyarrow.compute as pc
from cablewatch.live.memory import give_back, use_one_allocator

def resident_mb():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

def take():
    base = pa.array(np.arange(12_000))
    blocks = [pc.add(base, 1) for _ in range({TAKEN_MB} * 10)]
    del blocks[::2]
    most.append(resident_mb())

use_one_allocator()
most, before = [], resident_mb()
threads = [threading.Thread(target=take) for _ in range(2)]
for thread in threads:
    thread.start()
    thread.join()
give_back()
print(max(most) - before, resident_mb() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells memory by /proc")
def test_pages_that_arrow_let_go_of_are_given_back() -> None:
    said = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True)
    most, left = map(float, said.stdout.split())
    assert most > TAKEN_MB / 3
    assert left < most / 5
