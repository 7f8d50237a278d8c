"""Accepting outputs, case by case, from the article and what was printed to the article afterwards."""

from __future__ import annotations
