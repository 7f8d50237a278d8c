"""Sites of many articles: what one rehearsal rebuilds, and that what is made along with a text is never an old one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from bench import scale
from bench import site as many
from ensayar.errors import EXIT_STALE

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Site

ROOT = Path(__file__).parents[2]
PRODUCTS = (
    "output/assets/cards/casos.png",
    "output/assets/search/texts/casos.js",
    "output/casos/casos.tar.gz",
    "output/casos/ensayo/index.html",
    "output/casos/ensayo/evidence.json",
    "cache/ensayar/es-shown/casos.es",
)


def test_new_evidence_of_one_article_changes_its_pages_only(tmp_path: Path) -> None:
    site = many.make(tmp_path / "sitio", ROOT, 12)
    site.build()
    name = many.slug(5)
    found = scale.rebuilt(site, lambda: many.rehearse(site, 5, "2027"))
    assert set(found.others) == {
        f"{name}/{page}" for page in ("index.html", "ensayo/index.html", "ensayo/evidence.json")
    }
    # lists that name it: Nikola makes them again, and they say what they said
    lists = {"index.html", "archivo/index.html", "temas/tema-000/index.html", "temas/tema-000.xml"}
    assert lists <= set(found.same) <= lists | {"index-1.html", "rss.xml", "sitemap.xml"}
    assert [task for task in found.tasks if "programa-" in task and name not in task] == []
    assert scale.rebuilt(site, lambda: None) == scale.Changed((), (), ())


def edit(site: Site, path: str, old: str, new: str) -> None:
    text = (site.root / path).read_text(encoding="utf-8")
    assert old in text
    site.write(path, text.replace(old, new, 1))


def test_what_is_deleted_of_an_article_is_made_again(new_site: Callable[..., Site]) -> None:
    site = new_site("casos", "otro")
    site.save(site.evidence("casos"))
    edit(site, "posts/casos.rst", "{% load static %}", "{% load i18n %}")
    site.build(expected=EXIT_STALE)
    before = {name: (site.root / name).read_bytes() for name in PRODUCTS}
    assert before["cache/ensayar/es-shown/casos.es"]
    for name in PRODUCTS:
        (site.root / name).unlink()
        # without the marker, too, a strict build has to end with what is stale
        site.build(expected=EXIT_STALE)
        assert {name: (site.root / name).read_bytes() for name in PRODUCTS} == before


def test_a_card_that_is_no_longer_whole_is_drawn_again(new_site: Callable[..., Site]) -> None:
    site = new_site("otro")
    site.build()
    card = site.root / "output/assets/cards/otro.png"
    drawn = card.read_bytes()
    edit(site, "posts/otro.rst", "Este artículo no se ensaya", "Este otro no se ensaya")
    card.write_bytes(b"no picture")
    site.build()
    assert card.read_bytes() == drawn


def test_settings_and_templates_reach_the_reports(new_site: Callable[..., Site]) -> None:
    site = new_site("casos")
    site.save(site.evidence("casos"))
    edit(site, "posts/casos.rst", ":doc:`otro`", "otro")
    site.build()
    edit(site, "conf.py", 'BLOG_TITLE = "ensayar"', 'BLOG_TITLE = "otra carpa"')
    edit(site, "themes/pista/templates/report.tmpl", '<article class="report">', '<article class="report nuevo">')
    site.build()
    report = site.page("casos/ensayo")
    assert report.title is not None
    assert report.title.get_text().endswith("otra carpa")
    assert report.select("article.nuevo")
    # the picture names the site, and was drawn already
    assert b"otra carpa" in (site.root / "output/assets/cards/casos.png").read_bytes()


def test_what_no_file_tells_reaches_the_reports(new_site: Callable[..., Site]) -> None:
    site = new_site("casos")
    site.write(
        "conf.py",
        f"{(site.root / 'conf.py').read_text(encoding='utf-8')}\n"
        'TRANSLATIONS["en"] = "./en"\nNAVIGATION_LINKS["en"] = ()\n',
    )
    edit(site, "posts/casos.rst", ":doc:`otro`", "otro")
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    site.save(site.evidence("casos"))

    def languages() -> set[str]:
        site.build()
        return {str(link["hreflang"]) for link in site.page("casos/ensayo").select("link[hreflang]")}

    assert languages() == {"es"}
    site.write("posts/casos.en.rst", source)
    assert languages() == {"es", "en", "x-default"}
    (site.root / "posts/casos.en.rst").unlink()
    assert languages() == {"es"}
    assert [path.name for path in (site.root / "cache/ensayar").glob("*/casos.es")] == ["casos.es"]


def test_a_scheduled_article_comes_out_when_its_time_has_come(new_site: Callable[..., Site]) -> None:
    site = new_site("casos")
    settings = (site.root / "conf.py").read_text(encoding="utf-8")
    edit(site, "posts/casos.rst", ":doc:`otro`", "otro")
    edit(site, "posts/casos.rst", ".. date: 20", ".. date: 21")
    site.save(site.evidence("casos"))
    site.build()
    assert site.page("casos/ensayo").select("meta[name=robots][content=noindex]")
    assert "assets/search/texts/casos.js" not in site.outputs()
    site.write("conf.py", f"{settings}\nFUTURE_IS_NOW = True\n")  # as good as waiting
    site.build()
    assert not site.page("casos/ensayo").select("meta[name=robots]")
    assert "assets/search/texts/casos.js" in site.outputs()
    site.write("conf.py", settings)
    site.build()
    assert site.page("casos/ensayo").select("meta[name=robots][content=noindex]")
    assert "assets/search/texts/casos.js" not in site.outputs()
    assert b'"casos' not in site.outputs()["assets/search/es.js"]


def test_an_article_that_is_none_any_more_leaves_nothing_behind(new_site: Callable[..., Site]) -> None:
    site = new_site("otro")
    shutil.copy(ROOT / "docs/examples/saludo.rst", site.root / "posts/saludo.rst")
    site.save(site.evidence("saludo"))
    site.build()
    assert (site.root / "output/saludo/ensayo/index.html").is_file()
    plain = ".. title: Un saludo\n.. slug: saludo\n.. date: 2026-11-23 12:00:00 UTC\n\nHola.\n"
    site.write("posts/saludo.rst", plain)
    site.build()
    left = {name for name in site.outputs() if name.startswith("saludo/")}
    assert left == {"saludo/index.html"}
    assert not list((site.root / "cache/ensayar").glob("*/saludo.es"))
    # nor does what lies in tutorial/ keep Nikola busy
    before = site.times()
    site.build()
    assert site.times() == before


def test_what_another_compiler_makes_is_found_and_has_a_picture(new_site: Callable[..., Site]) -> None:
    site = new_site("otro")
    site.write(
        "conf.py",
        f"{(site.root / 'conf.py').read_text(encoding='utf-8')}\n"
        'COMPILERS["html"] = (".html",)\nPAGES = (*PAGES, ("pages/*.html", "", "page.tmpl"))\n',
    )
    page = "<!--\n.. title: Una carpa\n.. slug: carpa\n-->\n\n<p>Adentro hay un xilofón.</p>\n"
    site.write("pages/carpa.html", page)
    site.build()
    outputs = site.outputs()
    assert outputs["assets/cards/carpa.png"].startswith(b"\x89PNG")
    assert "xilofón".encode() in outputs["assets/search/texts/carpa.js"]
    index = json.loads(outputs["assets/search/es.js"].removeprefix(b"export default ").removesuffix(b";\n"))
    assert "xilofon" in index["words"]
    site.write("pages/carpa.html", page.replace("xilofón", "tambor"))
    site.build()
    assert b"tambor" in site.outputs()["assets/search/texts/carpa.js"]
