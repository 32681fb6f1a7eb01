"""Requirements of an extra of the package, one a line: ``python tools/extra.py NAME``."""

import sys
import tomllib
from pathlib import Path

if __name__ == "__main__":
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    print(*project["optional-dependencies"][sys.argv[1]], sep="\n")
