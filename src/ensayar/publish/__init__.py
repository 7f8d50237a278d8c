"""From blocks and evidence to HTML; knows neither Nikola nor Sphinx.

:mod:`~ensayar.publish.page` gathers what is known about one article, :mod:`~ensayar.publish.blocks` renders a block,
:mod:`~ensayar.publish.summary` the box about the rehearsal. Everything that an author wrote or a machine printed goes
through :func:`ensayar.publish.marking.safe` on its way out.
"""
