"""All benches, or one by name with its own arguments: ``python -m bench [NAME [ARGUMENT ...]]``.

Every other module of this folder is a bench with a ``main()`` that makes its own data, unless its
arguments name some, and prints its table.
"""

import sys
from importlib import import_module
from pathlib import Path


def main(arguments: list[str]) -> int:
    names = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem != "__main__")
    if arguments and arguments[0] not in names:
        print(f"no bench {arguments[0]!r}; there are: {', '.join(names)}", file=sys.stderr)
        return 2
    for name in arguments[:1] or names:
        print(f"== {name}", flush=True)
        sys.argv = [f"bench {name}", *arguments[1:]]
        import_module(f"bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
