"""From the editions of an article and its evidence to what has to be written."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ensayar.accept.editing import Edit, apply
from ensayar.accept.proposing import Proposal, propose
from ensayar.accept.trial import complaint
from ensayar.errors import ArticleError, Problem, UsageError
from ensayar.parameters import defaults
from ensayar.transaction import Action, Content, current

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ensayar.evidence import Evidence
    from ensayar.model import Article, Location


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written, and what would not, and why."""

    edits: tuple[Edit, ...]
    """Each output once, in the order of the articles."""
    refused: tuple[Problem, ...]
    """Outputs that differ and are left alone."""
    unknown: tuple[str, ...]
    """Steps of which the last rehearsal knows nothing."""
    before: Mapping[Path, Content]
    """What the files hold that would change."""
    after: Mapping[Path, Content]
    """What they would hold."""

    def actions(self) -> tuple[Action, ...]:
        """For :func:`ensayar.transaction.run`.

        :raises UsageError: a file is not what it was when the plan was made.
        """
        for path, content in self.before.items():
            if current(path) != content:
                message = f"{path}: changed while its new outputs were worked out; accept again"
                raise UsageError(message)
        # a link stays one
        return tuple(Action("update", path.resolve(), content) for path, content in self.after.items())

    def diff(self, root: Path) -> str:
        """A unified diff that ``patch`` and ``git apply`` understand."""
        return "".join(
            _diff(str(path.relative_to(root)), self.before[path].data, content.data)
            for path, content in self.after.items()
        )


def _diff(name: str, before: bytes, after: bytes) -> str:
    old, new = (_lines(data) for data in (before, after))
    lines = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(data: bytes) -> list[str]:
    parts = data.decode().split("\n")
    return [*(f"{part}\n" for part in parts[:-1]), *(parts[-1:] if parts[-1] else [])]


def plan(editions: Sequence[Article], evidence: Evidence, root: Path, names: frozenset[str] | None = None) -> Plan:
    """The plan for the raw *editions* of one article; *names*: for these steps only. Nothing is written.

    :raises UsageError: the outputs can be taken over one by one and not together.
    """
    proposals = [_proposal(article, evidence, names) for article in editions]
    refused = [problem for proposal in proposals for problem in proposal.refused]
    unknown = dict.fromkeys(name for proposal in proposals for name in proposal.unknown)
    edits = [(index, edit) for index, proposal in enumerate(proposals) for edit in proposal.edits]
    files, left = _written(edits, root, refused)
    if files and complaint(root, files, _by_article(editions, left)):
        left = _tried_one_by_one(editions, left, root, refused)
        files, left = _written(left, root, refused)
        said = complaint(root, files, _by_article(editions, left)) if files else None
        if said:
            message = f"{editions[0].source}: the outputs cannot be taken over together ({said}); use “--step”"
            raise UsageError(message)
    before = {path: current(path) for path in files}
    after = {path: replace(before[path], data=data) for path, data in files.items() if data != before[path].data}
    return Plan(
        edits=tuple({(edit.location, edit.step): edit for _, edit in left}.values()),
        refused=tuple(dict.fromkeys(refused)),
        unknown=tuple(unknown),
        before={path: before[path] for path in after},
        after=after,
    )


def _proposal(article: Article, evidence: Evidence, names: frozenset[str] | None) -> Proposal:
    values = defaults(article.parameters)
    for parameter in article.parameters:
        ran = evidence.parameters.get(parameter.name, parameter.default)
        if ran != parameter.default:
            message = f"parameter “{parameter.name}” was “{ran}” in the last rehearsal; rehearse again"
            return Proposal((), (Problem(parameter.location, message),), ())
    return propose(article, evidence, values, names)


def _written(
    edits: Iterable[tuple[int, Edit]], root: Path, refused: list[Problem]
) -> tuple[dict[Path, bytes], list[tuple[int, Edit]]]:
    """The new bytes of the files, and the edits that they are made of; those that cannot be are added to *refused*."""
    by_file: dict[str, dict[Location, Edit]] = {}
    left: list[tuple[int, Edit]] = []
    for index, edit in edits:
        # a file that several editions include is edited once
        of_file = by_file.setdefault(edit.location.path, {})
        if Path(edit.location.path).is_absolute():
            refused.append(edit.problem("its output lies outside the project; edit it by hand"))
        elif of_file.setdefault(edit.location, edit).lines != edit.lines:
            refused.append(edit.problem("the editions that include it would have different outputs; edit it by hand"))
        else:
            left.append((index, edit))
    files: dict[Path, bytes] = {}
    for name, of_file in by_file.items():
        if Path(name).is_absolute():
            continue
        path = root / name
        text = path.read_bytes().decode()
        good = [edit for edit in of_file.values() if _can_be_written(text, edit, refused)]
        left = [
            (index, edit)
            for index, edit in left
            if edit.location.path != name or edit.location in {item.location for item in good}
        ]
        if good:
            files[path] = apply(text, good).encode()
    return files, left


def _can_be_written(text: str, edit: Edit, refused: list[Problem]) -> bool:
    try:
        apply(text, [edit])
    except ArticleError as error:
        refused.extend(error.problems)
        return False
    return True


def _by_article(editions: Sequence[Article], edits: Sequence[tuple[int, Edit]]) -> list[tuple[Article, list[Edit]]]:
    """Each edition with all edits that it sees; an included file is seen by every one of them."""
    return [(article, [edit for at, edit in edits if at == index]) for index, article in enumerate(editions)]


def _tried_one_by_one(
    editions: Sequence[Article], edits: Sequence[tuple[int, Edit]], root: Path, refused: list[Problem]
) -> list[tuple[int, Edit]]:
    """The edits of the steps that can be changed without harm."""
    good: list[tuple[int, Edit]] = []
    for name in dict.fromkeys(edit.step for _, edit in edits):
        mine = [(index, edit) for index, edit in edits if edit.step == name]
        files, _ = _written(mine, root, [])
        said = complaint(root, files, _by_article(editions, mine))
        if said:
            refused.append(mine[0][1].problem(f"its new output cannot be written here ({said}); edit it by hand"))
        else:
            good.extend(mine)
    return good
