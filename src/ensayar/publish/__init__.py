"""From blocks and evidence to HTML; knows neither Nikola nor Sphinx.

:mod:`~ensayar.publish.page` gathers what is known about one article, :mod:`~ensayar.publish.blocks` renders a block,
:mod:`~ensayar.publish.summary` the box about the rehearsal; :mod:`~ensayar.publish.search` makes what the search page
looks things up in, :mod:`~ensayar.publish.card` the picture for shared links. Everything that an author wrote or a
machine printed goes through :func:`ensayar.publish.marking.safe` on its way into HTML.
"""
