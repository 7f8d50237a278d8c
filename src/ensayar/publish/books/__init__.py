"""An article as a book to read offline: EPUB 3 and PDF, from the HTML that its page shows.

:mod:`~ensayar.publish.books.reading` makes chapters of that HTML, without what only works in a page;
:mod:`~ensayar.publish.books.epub` and :mod:`~ensayar.publish.books.pdf` write them. The same
:class:`~ensayar.publish.books.model.Book` gives the same bytes.
"""
