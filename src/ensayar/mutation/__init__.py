"""Mutation of an article: what could be wrong with it, and what became of each fault when it was rehearsed.

The core of ``ensayar mutate``: pure values and functions. The rehearsals are run by
:mod:`ensayar.testing.mutation`.
"""
