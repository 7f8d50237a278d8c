"""For every test: Hypothesis looks for wrong answers, not for slow ones (computers are noisy)."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("ensayar", deadline=None)
settings.load_profile("ensayar")
