"""All that is known about one article when its page is made."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ensayar import album, recordings
from ensayar import evidence as evidence_module
from ensayar import variation as variations
from ensayar.mutation import published
from ensayar.parameters import defaults, resolve
from ensayar.publish.marking import Setting
from ensayar.publish.records import evidence_path, mutation_path, pictures_path, recordings_path, variation_path
from ensayar.rst import parse
from ensayar.verdict import NEVER, Standing, Verdict, verdicts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ensayar.album import Picture
    from ensayar.evidence import Evidence
    from ensayar.model import Article
    from ensayar.mutation.published import Noticed
    from ensayar.recordings import Recording
    from ensayar.variation import Variation


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses within the site, as a link holds them."""

    article: str = ""
    """Of the article's page; empty: the same page."""
    report: str | None = None
    """Of the page with the whole record; ``None`` where there is none."""
    recordings: str | None = None
    """Of the directory with the recordings; ``None`` where there is none."""
    pictures: str = album.DIRECTORY
    """Of the directory with the pictures of its screenshots."""


NOWHERE = Places()
"""One page, and nothing beside it."""


@dataclass(frozen=True, slots=True)
class Page:
    """An article and the record of its last rehearsal."""

    article: Article
    """Raw: parameters still stand as marks, so that the page can show where they are."""
    values: Mapping[str, str]
    """The value of each parameter that the page shows."""
    language: str
    """Language code of the words around the blocks."""
    evidence: Evidence | None
    """The last rehearsal; ``None`` without one."""
    verdicts: Mapping[str, Verdict]
    """By name of the step."""
    places: Places
    """Where it is published."""
    noticed: Noticed | None
    """How many faults put in on purpose were noticed; ``None`` where that is not known."""
    variation: Variation | None = None
    """The rehearsal with other values; ``None`` where there is none that holds."""
    recordings: Mapping[str, Recording] = field(default_factory=dict)
    """By name of the step, those that show what it does now."""
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    """What is kept of its screenshots, by name."""
    spoken: str = ""
    """Language code of the words that the evidence holds; empty: nobody knows."""

    @property
    def setting(self) -> Setting:
        """What its blocks are rendered for."""
        return Setting(self.values, self.language)

    def record_of(self, step: str) -> str | None:
        """The address of the whole record of *step*; ``None`` where nothing was seen, or the record has no page."""
        seen = self.verdict(step).standing in {Standing.VERIFIED, Standing.FAILED}
        return f"{self.places.report}#{step}" if self.places.report and seen else None

    def recording_of(self, step: str) -> str | None:
        """The address of the recording of *step*; ``None`` where there is none that holds, or it is not published."""
        if self.places.recordings is None or step not in self.recordings:
            return None
        return f"{self.places.recordings}{step}{recordings.SUFFIX}"

    def verdict(self, name: str) -> Verdict:
        """On the step called *name*."""
        return self.verdicts.get(name, NEVER)


def page_of(
    article: Article,
    evidence: Evidence | None,
    language: str,
    places: Places = NOWHERE,
    noticed: Noticed | None = None,
) -> Page:
    """The page of a raw *article*, with the default of every parameter."""
    known = verdicts(resolve(article), evidence)
    return Page(article, defaults(article.parameters), language, evidence, known, places, noticed)


def load_page(path: Path, *, root: Path, language: str, places: Places = NOWHERE, spoken: str = "") -> Page | None:
    """The page of the article in *path*; ``None`` for a post that is not executable.

    :param spoken: the language in which checks say what they observe and skips why, if it is known.
    :raises ArticleError: the article is written wrong.
    :raises UsageError: the article, its evidence, its report of mutation or its list of recordings cannot be read.
    """
    article = parse(path, root=root)
    if article is None:
        return None
    evidence = evidence_module.load(evidence_path(article.slug, root))
    if evidence is None:
        places = replace(places, report=None)
    noticed = published.load(mutation_path(article.slug, root), resolve(article))
    varied = variations.load(variation_path(article.slug, root))
    if varied is not None and varied.digest != variations.digest_of(article):
        varied = None
    page = page_of(article, evidence, language, places, noticed)
    pictures = album.load(pictures_path(article.slug, root))
    return replace(page, variation=varied, recordings=_holding(article, root), pictures=pictures, spoken=spoken)


def _holding(article: Article, root: Path) -> dict[str, Recording]:
    known = recordings.load(recordings_path(article.slug, root).parent)
    steps = [step for step in resolve(article).steps if recordings.to_be_seen(step)] if known else []
    return {step.name: known[step.name] for step in steps if step.name in known and known[step.name].holds_for(step)}
