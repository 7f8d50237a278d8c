"""``include`` that finds its file the same way for whoever reads the article.

docutils and Sphinx look beside the file that includes, Nikola from the directory that it is run in. An article may be
written either way.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from docutils.parsers.rst import directives
from docutils.parsers.rst.directives.misc import Include

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docutils import nodes


class Inclusion(Include):
    """Looks beside the file that it stands in, then from the project's directory."""

    home: ClassVar[Path]
    """The directory of the document; it may have no name for docutils."""
    root: ClassVar[Path]
    """The project's directory."""

    def run(self) -> Sequence[nodes.Node]:
        """What docutils does, with the path that was found."""
        name = directives.path(self.arguments[0])
        current = Path(self.state.document.current_source or "")
        beside = current.parent if current.is_file() else self.home
        if not name.startswith("<"):  # one of docutils' own
            found = next((path for path in (beside / name, self.root / name) if path.is_file()), None)
            if found is not None:
                # not resolve(): a link is a place of its own, in a copy of a project say
                self.arguments[0] = os.path.abspath(found)  # noqa: PTH100
        result: Sequence[nodes.Node] = super().run()
        return result
