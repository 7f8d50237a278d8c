"""What Nikola loads: thin adapters around :mod:`ensayar.publish`."""
