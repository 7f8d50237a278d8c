"""What a check observes, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ensayar.testing.order import description_of

if TYPE_CHECKING:
    import pytest

CHECKS = '''
import pytest

def test_is_there():
    """The file is there.

    And more.
    """

def test_says_it_by_its_name(): pass

@pytest.mark.parametrize("way", ["one", "other"])
def test_is_taken(way): pass

@pytest.mark.parametrize("ensayar_article", ["a", "a-b"])
def test_holds(ensayar_article): pass

@pytest.mark.parametrize("ensayar_article", ["a", "a-b"])
@pytest.mark.parametrize("way", ["one", "a"])
def test_goes(ensayar_article, way): pass

@pytest.mark.parametrize("way", ["one"])
@pytest.mark.parametrize("ensayar_article", ["a.b"])
def test_ends(ensayar_article, way): pass
'''


def test_its_first_sentence_or_its_name_and_never_the_article_whose_it_is(pytester: pytest.Pytester) -> None:
    assert [description_of(item) for item in pytester.getitems(CHECKS)] == [
        "The file is there.",
        "says it by its name",
        "is taken[one]",
        "is taken[other]",
        "holds",
        "holds",
        "goes[one]",
        "goes[one]",
        "goes[a]",
        "goes[a]",
        "ends[one]",
    ]
