"""What counts as a difference between two pictures, and what does not."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageFile

from ensayar.camera.comparing import NOTICEABLE, UnreadableError, compare, covered, encoded, normal

WHITE = (255, 255, 255)


def picture(
    size: tuple[int, int] = (20, 10), *spots: tuple[int, int], colour: tuple[int, int, int] = (0, 0, 0)
) -> bytes:
    made = Image.new("RGB", size, WHITE)
    for spot in spots:
        made.putpixel(spot, colour)
    return encoded(made)


def pixel(data: bytes, spot: tuple[int, int]) -> tuple[int, ...]:
    with Image.open(io.BytesIO(data)) as opened:
        found = opened.convert("RGB").getpixel(spot)
    assert isinstance(found, tuple)
    return found


def test_the_share_is_that_of_the_pixels_that_differ() -> None:
    assert compare(picture(), picture()).share == 0
    assert compare(picture(), picture((20, 10), (3, 4))).share == pytest.approx(1 / 200)
    assert compare(picture((20, 10), (1, 1), (5, 5)), picture((20, 10), (1, 1), (6, 6))).share == pytest.approx(2 / 200)


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_shade_in_any_channel_counts_only_where_it_can_be_noticed(channel: int) -> None:
    def shade(by: int) -> tuple[int, int, int]:
        red, green, blue = (255 - by if number == channel else 255 for number in range(3))
        return red, green, blue

    assert compare(picture(), picture((20, 10), (3, 4), colour=shade(NOTICEABLE))).share == 0
    assert compare(picture(), picture((20, 10), (3, 4), colour=shade(NOTICEABLE + 1))).share == pytest.approx(1 / 200)


def test_what_is_masked_does_not_count() -> None:
    changed = picture((20, 10), (3, 4), (15, 4))
    assert compare(picture(), changed, [(3, 4, 4, 5)]).share == pytest.approx(1 / 200)
    assert compare(picture(), changed, [(0, 0, 10, 10), (10, 0, 20, 10)]).share == 0
    assert compare(picture(), changed, [(4, 4, 15, 5)]).share == pytest.approx(2 / 200)


def test_another_size_is_another_picture() -> None:
    found = compare(picture((20, 10)), picture((20, 11)), [(0, 0, 20, 11)])
    assert (found.share, found.sizes) == (1, ((20, 10), (20, 11)))


def test_what_differs_stands_out() -> None:
    shown = compare(picture(), picture((20, 10), (3, 4)), [(10, 0, 20, 10)]).picture
    red, green, blue = pixel(shown, (3, 4))
    assert red > 200
    assert max(green, blue) < 100
    assert pixel(shown, (0, 0)) == WHITE
    assert pixel(shown, (15, 5)) == (128, 128, 128)


def test_pictures_say_nothing_of_where_they_come_from() -> None:
    stream = io.BytesIO()
    made = Image.new("RGBA", (5, 5), (1, 2, 3, 255))
    made.save(stream, "PNG", dpi=(72, 72))
    data = normal(stream.getvalue())
    with Image.open(io.BytesIO(data)) as opened:
        assert (opened.mode, opened.info, opened.size) == ("RGB", {}, (5, 5))
    assert normal(data) == data


@pytest.mark.parametrize("data", [b"", b"x" * 100, picture()[:60], b"GIF89a", b"GIF89a" + picture()[-12:]])
@pytest.mark.parametrize("lenient", [False, True])
def test_what_is_no_picture_is_said(data: bytes, monkeypatch: pytest.MonkeyPatch, *, lenient: bool) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", lenient)  # other libraries set it for the whole process
    with pytest.raises(UnreadableError):
        compare(data, picture())


def test_how_much_is_masked() -> None:
    assert covered((20, 10), []) == 0
    assert covered((20, 10), [(0, 0, 10, 10), (5, 0, 10, 10)]) == pytest.approx(0.5)
    assert covered((20, 10), [(0, 0, 20, 10)]) == 1
