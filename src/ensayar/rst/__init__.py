"""The reStructuredText front end: docutils in, :class:`ensayar.model.Article` out."""

from ensayar.rst.reader import parse

__all__ = ["parse"]
