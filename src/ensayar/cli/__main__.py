"""``python -m ensayar.cli``."""

from ensayar.cli import main

main()
