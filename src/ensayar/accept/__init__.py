"""Takes the outputs that the last rehearsal saw over into the articles that show them.

What comes in are articles and their evidence; what goes out is a :class:`~ensayar.accept.planning.Plan` of edits, as
small as can be, that was tried on a copy. Nothing outside of the outputs changes by a byte.
"""

from ensayar.accept.editions import editions_of
from ensayar.accept.planning import Plan, plan

__all__ = ["Plan", "editions_of", "plan"]
