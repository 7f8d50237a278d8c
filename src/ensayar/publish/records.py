"""Where what is known about an article lies: the files that its page is made from besides its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ensayar import album, evidence, recordings, variation
from ensayar.mutation import published

if TYPE_CHECKING:
    from pathlib import Path


def folder_of(slug: str) -> str:
    """Below which directory of a project all of it lies; no Path, because each build asks this of each article."""
    return f"tutorial/{slug}/evidence"


def evidence_path(slug: str, root: Path) -> Path:
    """Where the record of an article's last rehearsal lies."""
    return root / folder_of(slug) / evidence.FILE_NAME


def mutation_path(slug: str, root: Path) -> Path:
    """Where the report of a mutation run lies, once it is committed."""
    return evidence_path(slug, root).with_name(published.FILE_NAME)


def variation_path(slug: str, root: Path) -> Path:
    """Where what is known of other values lies."""
    return evidence_path(slug, root).with_name(variation.FILE_NAME)


def recordings_path(slug: str, root: Path) -> Path:
    """Where the list of an article's recordings lies; they are beside it."""
    return evidence_path(slug, root).parent / recordings.DIRECTORY / recordings.FILE_NAME


def pictures_path(slug: str, root: Path) -> Path:
    """The directory with the pictures of its screenshots, and what is known of them."""
    return evidence_path(slug, root).with_name(album.DIRECTORY)
