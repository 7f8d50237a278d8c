"""The offer to watch a step: a recording of its terminal, and the file for those who would rather play it elsewhere.

Only what still shows what the step does is offered. The player is asked for when the reader presses the button, and not
before; without JavaScript there is the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ensayar import recordings
from ensayar.publish.html import element, join
from ensayar.publish.words import date, duration, say

if TYPE_CHECKING:
    from markupsafe import Markup

    from ensayar.model import Step
    from ensayar.publish.page import Page


def recording_html(step: Step, page: Page) -> Markup:
    """The row under *step* that offers its recording; nothing where there is none that holds."""
    address, language = page.recording_of(step.name), page.language
    if address is None:
        return join([])
    recording = page.recordings[step.name]
    about = say(
        language,
        "recording-about-emulated" if recording.accelerator == "tcg" else "recording-about",
        duration=duration(language, recording.seconds),
        date=date(language, recording.recorded),
    )
    return element(
        "div",
        element(
            "button",
            say(language, "recording-show"),
            class_="play",
            type="button",
            aria_expanded="false",
            aria_label=str(say(language, "recording-show-of", name=step.name)),
        ),
        " ",
        # the second is filled where the reader has put in values of their own
        element("span", about, element("span", class_="as-rehearsed")),
        " ",
        element(
            "a",
            f"{step.name}{recordings.SUFFIX}",
            href=address,
            download=True,
            title=str(say(language, "recording-file")),
        ),
        class_="recording",
    )
