"""Values for parameters that nobody has chosen."""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING, Any

from rstr import Rstr

from ensayar.errors import UsageError
from ensayar.parameters import accepts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ensayar.model import Parameter

TRIES = 50
OFTEN = 8
"""How often at most what may come without limit is repeated; a value of hundreds suits no host name and no account."""
LONG = 24
"""Characters that a value has at most, where there is such a one."""


class _Source(Rstr):
    """Rstr with the limit of ours, and the same values in every process: it takes characters from sets otherwise."""

    def _handle_in(self, value: Any) -> Any:  # noqa: ANN401  (its own types)
        candidates = [character for state in value for character in self._handle_state(state)]
        if candidates[0] is False:
            candidates = [character for character in string.printable if character not in candidates[1:]]
        return self._random.choice(candidates)

    def _handle_repeat(self, start_range: int, end_range: int, value: str) -> str:
        times = self._random.randint(start_range, max(start_range, min(end_range, OFTEN)))
        return "".join(self._handle_state(state) for _ in range(times) for state in value)


def draw(parameters: Iterable[Parameter], seed: int) -> dict[str, str]:
    """A value for each of *parameters* that its pattern accepts, other than its default: the same for the same *seed*.

    :raises UsageError: none was found.
    """
    source = _Source(random.Random(seed))  # noqa: S311  (to be repeated, not to be secret)
    return {parameter.name: _value(parameter, source) for parameter in parameters}


def _value(parameter: Parameter, source: _Source) -> str:
    try:
        drawn = [source.xeger(parameter.pattern) for _ in range(TRIES)]
    except (LookupError, ValueError):  # what it does not know: conditions, groups that give nothing back
        drawn = []
    good = [value for value in drawn if value != parameter.default and accepts(parameter, value)]
    if not good:
        message = f"parameter “{parameter.name}”: no other value that matches {parameter.pattern} was found; give one"
        raise UsageError(message)
    return next((value for value in good if len(value) <= LONG), min(good, key=len))
