"""Benches by name, or all of them: ``python -m bench [NAME ...]``.

Every other module of this folder is a bench with a ``main()`` that makes its own data and prints
its table.
"""

import sys
from importlib import import_module
from pathlib import Path


def main(wanted: list[str]) -> int:
    names = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem != "__main__")
    unknown = sorted(set(wanted) - set(names))
    if unknown:
        print(f"no bench {', '.join(unknown)}; there are: {', '.join(names)}", file=sys.stderr)
        return 2
    for name in wanted or names:
        print(f"== {name}", flush=True)
        import_module(f"bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
