"""The deployment as one file on the site: linked from its article, and what the article says."""

from __future__ import annotations

import io
import tarfile
import time
from typing import TYPE_CHECKING

from selenium.webdriver.common.by import By

from ensayar import bundle
from ensayar.rst import parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Site, Window


def packed(site: Site, name: str) -> bytes:
    article = parse(site.root / f"posts/{name}.rst", root=site.root)
    assert article is not None
    return bundle.pack(article)


def test_an_article_links_to_its_deployment_and_says_how_large_it_is(rehearsed: Site, project: Site) -> None:
    names = [(project, path.stem) for path in project.articles()]
    for site, name in [(rehearsed, "casos"), *names]:
        (line,) = site.page(name).select("p.take-away")
        (link,) = line.select("a[download]")
        assert link["href"] == f"{name}.tar.gz"
        assert link.get_text() == link["download"] == f"{name}.tar.gz"
        data = site.outputs()[f"{name}/{name}.tar.gz"]
        assert data == packed(site, name)
        assert f"({max(1, round(len(data) / 1000))} kB)" in line.get_text()
        assert line.get_text().endswith("Trae los valores del artículo.")


def test_a_post_that_is_not_executable_offers_none(rehearsed: Site) -> None:
    assert rehearsed.page("otro").select(".take-away") == []
    names = {name for name in rehearsed.outputs() if name.endswith(".tar.gz")}
    assert names == {"casos/casos.tar.gz"}


def test_it_is_downloaded_without_javascript_too(
    window: Window, address: str, rehearsed: Site, downloads: Path
) -> None:
    window.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        window.show(address + "casos/")
        window.driver.find_element(By.CSS_SELECTOR, ".take-away a").click()
        target = downloads / "casos.tar.gz"
        deadline = time.monotonic() + 10
        while not target.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert target.read_bytes() == packed(rehearsed, "casos")
    finally:
        window.command("Emulation.setScriptExecutionDisabled", value=False)


def test_an_edit_of_a_block_packs_it_anew_and_one_of_the_prose_does_not_change_it(
    new_site: Callable[..., Site],
) -> None:
    site = new_site("casos", "otro")
    site.build()
    name = "casos/casos.tar.gz"
    before = site.outputs()[name]
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    site.write("posts/casos.rst", source.replace("Y otro elemento.", "Y un elemento más."))
    site.build()
    assert site.outputs()[name] == before
    site.write("posts/casos.rst", source.replace("Una clave.", "Otra clave."))
    site.build()
    with tarfile.open(fileobj=io.BytesIO(site.outputs()[name])) as tar:
        file = tar.extractfile("casos/files/home/muro/settings.py")
        assert file is not None
        assert b"Otra clave." in file.read()


def test_a_post_that_only_shows_the_directive_offers_none(new_site: Callable[..., Site]) -> None:
    site = new_site("otro")
    source = (site.root / "posts/otro.rst").read_text(encoding="utf-8")
    site.write("posts/otro.rst", source + "\n.. code-block:: rst\n\n   .. rehearse::\n      :platform: debian-13\n")
    site.build()
    assert ".. rehearse::" in site.page("otro").get_text()
    assert site.page("otro").select(".take-away") == []
    assert [name for name in site.outputs() if name.endswith(".tar.gz")] == []
