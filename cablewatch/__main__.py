"""``python -m cablewatch``."""

from cablewatch.cli import main

main()
