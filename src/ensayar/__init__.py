"""ensayar: articles that rehearse themselves.

The rooms of the package: :mod:`ensayar.model` holds the nouns, :mod:`ensayar.rst` reads them from
reStructuredText, :mod:`ensayar.extract` writes the deployment, :mod:`ensayar.machine` starts real
machines, :mod:`ensayar.rehearsal` plays the steps there and :mod:`ensayar.evidence` keeps the record.

PYTEST_DONT_REWRITE: pytest must not warn that its plugin was imported before it (``ensayar rehearse`` does so).
"""

__version__ = "0.1.0"
