"""Real machines behind a small Protocol: see :mod:`ensayar.machine.protocol`."""
