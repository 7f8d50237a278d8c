"""Articles as books: EPUB and PDF, linked from the page, whole, accessible, and made only when they have to be."""

from __future__ import annotations

import io
import logging
import re
import shutil
import subprocess
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import weasyprint
from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader

from ensayar.errors import EXIT_INFRASTRUCTURE, EXIT_STALE, EXIT_USAGE
from ensayar.evidence import CheckEvidence
from ensayar.model import ConsoleStep, FileStep
from ensayar.parameters import resolve
from ensayar.rst import parse

from .conftest import ROOT, make_site
from .test_evidence import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from ensayar.model import Article

    from .conftest import Site

EPUBCHECK = "/usr/share/java/epubcheck.jar"
XHTML = "{http://www.w3.org/1999/xhtml}"
OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"
POINTS_PER_MM = 72 / 25.4
PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>Una pista</title>
<style>.a { fill: #fff } @media (prefers-color-scheme: dark) { .a { fill: #000 } .b { fill: #111 } }</style>
<rect class="a" width="9" height="9"/></svg>
"""


@pytest.fixture(scope="session")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The project's own site with its books; not to be changed."""
    site = make_site(tmp_path_factory.mktemp("libros") / "sitio", bilingual=True, books=("epub", "pdf"))
    for name in ("posts", "files", "tutorial"):
        shutil.copytree(ROOT / name, site.root / name, dirs_exist_ok=True)
    site.build(expected=(0, EXIT_STALE))
    return site


@pytest.fixture
def books(tmp_path: Path) -> Callable[..., Site]:
    """Makes a site whose articles are books, too."""
    return lambda *posts, folder="sitio", formats=("epub", "pdf"): make_site(tmp_path / folder, *posts, books=formats)


@dataclass(frozen=True, slots=True)
class Edition:
    """An article in one language."""

    site: Site
    language: str
    url: str
    name: str
    source: Path

    @property
    def page(self) -> BeautifulSoup:
        """Its page."""
        return self.site.page(self.url)

    @property
    def article(self) -> Article:
        """What it does, with the article's own values."""
        article = parse(self.source, root=self.site.root)
        assert article is not None
        return resolve(article)

    def path(self, kind: str) -> Path:
        """Of one of its books."""
        return self.site.root / "output" / self.url / f"{self.name}.{kind}"

    def epub(self) -> dict[str, bytes]:
        """The files of its EPUB."""
        return unpacked(self.path("epub").read_bytes())

    def text(self, *arguments: str) -> str:
        """What Poppler finds in its PDF."""
        command = ["pdftotext", *arguments, str(self.path("pdf")), "-"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def casos(site: Site) -> Edition:
    return Edition(site, "es", "casos", "casos", site.root / "posts/casos.rst")


def editions(site: Site) -> list[Edition]:
    """All editions of the articles of *site* that have steps."""
    found = []
    for original in site.articles():
        for language, path in (("es", original), ("en", original.with_suffix(".en.rst"))):
            if path.exists():
                slug = re.search(r"^\.\. slug: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
                assert slug is not None
                url = slug[1] if language == "es" else f"{language}/{slug[1]}"
                found.append(Edition(site, language, url, original.stem, path))
    assert {edition.language for edition in found} == {"es", "en"}
    return found


@pytest.fixture(name="all_editions", scope="session")
def _all_editions(printed: Site, rehearsed: Site) -> list[Edition]:
    return [casos(rehearsed), *editions(printed)]


def paths(site: Site, kind: str) -> list[Path]:
    return sorted((site.root / "output").rglob(f"*.{kind}"))


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def pages_of(files: Mapping[str, bytes]) -> dict[str, BeautifulSoup]:
    """The chapters of an EPUB, in the order in which they are read."""
    package = ET.fromstring(files["EPUB/package.opf"])  # noqa: S314  (our own file)
    names = {item.get("id"): str(item.get("href")) for item in package.iter(f"{OPF}item")}
    read = [names[item.get("idref")] for item in package.iter(f"{OPF}itemref")]
    return {name: BeautifulSoup(files[f"EPUB/{name}"], "xml", preserve_whitespace_tags={"pre"}) for name in read}


def figures_in(pages: Mapping[str, BeautifulSoup]) -> dict[str, Tag]:
    """Its figures, by their names."""
    found = [figure for page in pages.values() for figure in page.find_all("figure", id=True)]
    by_name = {str(figure["id"]): figure for figure in found if isinstance(figure, Tag)}
    assert len(by_name) == len(found)
    return by_name


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_epubcheck_has_nothing_to_say(printed: Site, rehearsed: Site) -> None:
    found = [*paths(printed, "epub"), *paths(rehearsed, "epub")]
    assert len(found) == len(editions(printed)) + 1
    for path in found:
        command = ["java", "-jar", EPUBCHECK, "--failonwarnings", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "0 fatals / 0 errors / 0 warnings" in done.stdout


def test_a_page_links_to_its_books_by_name(all_editions: list[Edition]) -> None:
    said = {"es": ("Para leerlo sin conexión", "Este artículo en"), "en": ("To read offline", "This article as")}
    for edition in all_editions:
        (line,) = edition.page.select("p.books")
        assert line.get_text().startswith(said[edition.language][0])
        links = line.select("a")
        assert [link.get_text() for link in links] == ["EPUB", "PDF"]
        assert [link["aria-label"] for link in links] == [
            f"{said[edition.language][1]} {name}" for name in ("EPUB", "PDF")
        ]
        assert [link["type"] for link in links] == ["application/epub+zip", "application/pdf"]
        for link, beginning in zip(links, (b"PK\x03\x04", b"%PDF-"), strict=True):
            data = (edition.path("epub").parent / str(link["href"])).read_bytes()
            assert data.startswith(beginning)


def test_a_post_without_steps_is_no_book(rehearsed: Site) -> None:
    assert rehearsed.page("otro").select(".books") == []
    names = {name for name in rehearsed.outputs() if name.endswith((".epub", ".pdf"))}
    assert names == {"casos/casos.epub", "casos/casos.pdf"}


def test_an_epub_has_each_block_as_it_ran_and_says_how_it_stands(all_editions: list[Edition]) -> None:
    for edition in all_editions:
        figures = figures_in(pages_of(edition.epub()))
        on_pages = {str(found["id"]): found for found in edition.page.find_all(id=True) if isinstance(found, Tag)}
        for step in edition.article.steps:
            figure = figures[step.name]
            verdict = figure.select_one(".verdict")
            assert verdict is not None
            # what it says on its page, word for word, without what unfolds
            on_page = on_pages[step.name].select_one("details.verdict > summary, :scope > p.verdict")
            assert on_page is not None
            assert verdict.get_text().startswith(on_page.get_text())
            assert re.search(r"[^\W\d]{6}", verdict.get_text())
            if isinstance(step, FileStep):
                (code,) = figure.select("pre")
                assert code.get_text() == step.content
            if isinstance(step, ConsoleStep):
                commands = [code.get_text() for code in figure.select("pre.command")]
                assert commands == [f"{command.account.value} {command.text}" for command in step.commands]


def test_an_epub_has_nothing_that_only_works_in_a_page(all_editions: list[Edition]) -> None:
    for edition in all_editions:
        files = edition.epub()
        assert next(iter(files)) == "mimetype"
        names = {name.removeprefix("EPUB/") for name in files}
        for page in pages_of(files).values():
            assert page.select("button, input, script, label, form, details, [hidden]:not(nav), [onclick]") == []
            assert list(page.find_all(string=re.compile("Copiar|Descargar|Copy|Download"))) == []
            for link in page.select("a"):
                target = str(link["href"])
                assert target.startswith("https://") or target.partition("#")[0] in {"", *names}, target
            for image in page.select("img"):
                assert image["src"] in names
                assert image["alt"]
            assert page.select(".recording, .recorded, .copies, .tools") == []
        assert not any(name.endswith(".js") for name in names)
        assert b"prefers-color-scheme" not in b"".join(files.values())


def test_an_epub_knows_its_language_its_dates_and_its_chapters(printed: Site) -> None:
    for edition in editions(printed):
        files = edition.epub()
        package = ET.fromstring(files["EPUB/package.opf"])  # noqa: S314
        assert package.findtext(f".//{DC}language") == edition.language
        heading = edition.page.select_one("h1")
        assert heading is not None
        assert package.findtext(f".//{DC}title") == heading.get_text()
        assert package.findtext(f".//{DC}source") == f"https://ensayar.example/{edition.url}/"
        modified = package.findtext(f".//{OPF}meta[@property='dcterms:modified']")
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", modified or "")
        pages = pages_of(files)
        assert {page.html["lang"] for page in pages.values() if page.html} == {edition.language}
        listed = [link.get_text() for link in pages["contents.xhtml"].select("#toc > ol > li > a")]
        sections = [found.get_text() for found in edition.page.select(".prose > section > h2")]
        assert len(sections) > 10
        assert listed[1:-1] == sections


def test_a_pdf_is_tagged_and_has_a_language_a_title_and_bookmarks(all_editions: list[Edition]) -> None:
    for edition in all_editions:
        reader = PdfReader(io.BytesIO(edition.path("pdf").read_bytes()))
        root: Any = reader.root_object  # what is in it, is what is asked
        assert root["/MarkInfo"]["/Marked"]
        assert root["/StructTreeRoot"]["/K"]
        assert root["/Lang"] == edition.language
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert b'pdfuaid:part="1"' in root["/Metadata"].get_data()
        heading = edition.page.select_one("h1")
        assert heading is not None
        assert reader.metadata is not None
        assert reader.metadata.title == heading.get_text()
        marks = list(flat(reader.outline))
        sections = [found.get_text() for found in edition.page.select(".prose > section > h2")]
        assert [mark for mark in marks if mark in sections] == sections
        assert marks[0] == heading.get_text()
        for page in reader.pages:
            resources: Any = page["/Resources"]
            for font in resources.get("/Font", {}).values():
                for inner in font["/DescendantFonts"]:
                    described = inner.get_object()["/FontDescriptor"]
                    assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(described), described["/FontName"]


def flat(outline: object) -> Iterator[str]:
    assert isinstance(outline, list)
    for item in outline:
        if isinstance(item, list):
            yield from flat(item)
        else:
            yield str(item["/Title"])


def test_a_pdf_has_every_line_of_code_and_of_the_text(printed: Site) -> None:
    for edition in editions(printed):
        text = edition.text()
        # in the order in which it is drawn: else Poppler takes the signs of a diff for a column of their own
        whole = squeezed(edition.text("-raw"))
        lines = 0
        for step in edition.article.steps:
            shown = [step.content] if isinstance(step, FileStep) else [command.text for command in step.commands]
            for line in "\n".join(shown).split("\n"):
                assert squeezed(line) in whole, line
                lines += 1
        assert lines > 300
        for figures, said in (
            ("figure.block:not(.screenshot)", {"es": "Verificado el", "en": "Verified on"}),
            ("figure.block.screenshot", {"es": "Tomada en la máquina", "en": "Taken in the rehearsed machine"}),
        ):
            verified = len(edition.page.select(f"{figures} > .verdict.verified"))
            assert verified
            assert text.count(said[edition.language]) == verified
        prose = [" ".join(found.get_text().split()) for found in edition.page.select(".prose section[id] > p")]
        # words at the end of a line may be divided, with a hyphen, and behind a link is the number of its note
        joined = without_digits(squeezed(re.sub(r"[-\u2010\u00ad]\n", "", text)))
        assert len(prose) > 50
        assert [words for words in prose if without_digits(squeezed(words))[:40] not in joined] == []


def without_digits(text: str) -> str:
    return re.sub(r"\d", "", text)


def test_no_code_is_cut_off_at_the_edge_of_a_page(books: Callable[..., Site]) -> None:
    site = books("casos", "otro", formats=("pdf",))
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    unbroken = "x" * 400
    spaced = "palabra " * 60
    site.write(
        "posts/casos.rst", source.replace("import os\n", f'import os\n\n          A = "{unbroken}"  # {spaced}\n')
    )
    site.build()
    assert edge(casos(site)) < 0
    assert unbroken in squeezed(casos(site).text())


def test_nothing_of_the_articles_is_cut_off_either(printed: Site) -> None:
    for edition in editions(printed):
        assert edge(edition) < 0


def edge(edition: Edition) -> float:
    """How far, in points, the word that is furthest to the right goes into the margin; less than 0: it does not."""
    layout = ET.fromstring(edition.text("-bbox"))  # noqa: S314
    found = []
    for page in layout.iter(f"{XHTML}page"):
        limit = float(str(page.get("width"))) - 20 * POINTS_PER_MM
        found += [float(str(word.get("xMax"))) - limit for word in page.iter(f"{XHTML}word")]
    assert found
    return max(found) - 0.5  # rounding


def test_two_sites_have_the_same_books(books: Callable[..., Site]) -> None:
    built = []
    for folder in ("uno", "otro/lugar"):
        site = books("casos", "otro", folder=folder)
        with_picture(site)
        site.save(site.evidence("casos"))
        site.build()
        built.append({name: data for name, data in site.outputs().items() if name.endswith((".epub", ".pdf"))})
    assert len(built[0]) == 2
    assert built[0] == built[1]


def with_picture(site: Site) -> None:
    site.write("files/images/pista.svg", PICTURE)
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    figure = "Instalar Nginx\n==============\n\n.. image:: /images/pista.svg\n   :alt: Una pista\n"
    site.write("posts/casos.rst", source.replace("Instalar Nginx\n==============\n", figure))


def test_a_book_is_made_again_only_when_it_shows_something_else(books: Callable[..., Site]) -> None:
    site = books("casos", "otro")
    with_picture(site)
    site.save(site.evidence("casos"))
    site.build()
    names = ("casos/casos.epub", "casos/casos.pdf")

    def made() -> list[str]:
        before = site.times()
        site.build(expected=(0, EXIT_STALE))
        after = site.times()
        return [name for name in names if after[name] != before[name]]

    assert made() == []
    source = (site.root / "posts/casos.rst").read_text(encoding="utf-8")
    site.write("posts/casos.rst", f"{source}\n.. nobody sees a comment\n")
    assert made() == []
    evidence = site.evidence("casos")
    assert evidence.steps[0].commands
    site.save(replace(evidence, machine=replace(evidence.machine, image="another")))
    assert made() == []  # that stands in the report alone
    site.save(replace(evidence, started="2026-11-24T10:00:00Z"))
    assert made() == list(names)
    site.write("posts/casos.rst", source.replace("Y otro elemento.", "Y un elemento más."))
    assert made() == list(names)
    site.write("files/images/pista.svg", PICTURE.replace('width="9"', 'width="8"'))
    assert made() == list(names)
    path = site.root / "output/casos/casos.pdf"
    path.write_bytes(path.read_bytes()[:-2000])
    site.write("posts/casos.rst", source)
    site.build(expected=(0, EXIT_STALE))
    assert PdfReader(path).pages
    for name in names:
        (site.root / "output" / name).unlink()
    site.build(expected=(0, EXIT_STALE))
    assert {name for name in site.outputs() if name.startswith("casos/casos.")} >= set(names)


def test_books_that_are_no_longer_wanted_go(books: Callable[..., Site]) -> None:
    site = books("casos", "otro")
    settings = (site.root / "conf.py").read_text(encoding="utf-8")
    site.build()
    site.write("conf.py", f'{settings}\nENSAYAR_BOOKS = ("epub",)\n')
    site.build()
    assert [link.get_text() for link in site.page("casos").select(".books a")] == ["EPUB"]
    assert [path.name for path in (*paths(site, "epub"), *paths(site, "pdf"))] == ["casos.epub"]
    site.write("conf.py", settings.replace("ENSAYAR_BOOKS", "NOTHING"))
    site.build()
    assert site.page("casos").select(".books") == []
    assert [*paths(site, "epub"), *paths(site, "pdf")] == []


def test_a_format_that_does_not_exist_is_refused(books: Callable[..., Site]) -> None:
    printed = books("otro", formats=("epub", "mobi")).build(expected=EXIT_USAGE)
    assert "conf.py: ENSAYAR_BOOKS: no book can be made as 'mobi'; it may hold “epub” and “pdf”" in printed
    assert "Traceback" not in printed


def test_without_pango_it_says_what_to_install(books: Callable[..., Site], monkeypatch: pytest.MonkeyPatch) -> None:
    site = books("casos", "otro")
    broken = site.write("broken/libpango-1.0.so.0", "no library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(broken.parent))
    printed = site.build(expected=EXIT_INFRASTRUCTURE)
    (line,) = [line for line in printed.splitlines() if "libpango" in line]
    assert line.startswith("a PDF needs libraries that are missing (")
    assert "apt-get install --yes libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core" in line
    assert "Traceback" not in printed
    assert "WeasyPrint could not" not in printed


def test_a_picture_that_is_not_the_site_s_own_is_refused_with_its_place(books: Callable[..., Site]) -> None:
    site = books("casos", "otro", formats=("epub",))
    with_picture(site)
    (site.root / "files/images/pista.svg").unlink()
    printed = site.build(expected=EXIT_USAGE)
    assert re.search(
        r"^posts/casos\.rst:34: a book cannot have the picture /images/pista\.svg; ", printed, re.MULTILINE
    )
    assert "Traceback" not in printed


def test_what_failed_is_said_in_words(books: Callable[..., Site]) -> None:
    site = books("casos", "otro")
    evidence = site.with_step(site.evidence("casos"), "settings", status="failed")
    site.save(replace(evidence, outcome="failed"))
    site.build(expected=(0, EXIT_STALE))
    figures = figures_in(pages_of(casos(site).epub()))
    assert "Falló" in figures["settings"].get_text()
    assert "Falló" in casos(site).text()


def test_weasyprint_understands_all_of_our_style_sheet(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        weasyprint.CSS(filename=str(ROOT / "src/ensayar/publish/books/pdf.css"))
    assert caplog.messages == []


def test_nothing_in_the_evidence_becomes_mark_up_or_ends_the_build(books: Callable[..., Site]) -> None:
    site = books("casos", "otro", formats=("epub",))
    evidence = site.evidence("casos")
    evidence = site.with_step(
        evidence, "instalar-nginx", checks=(CheckEvidence(HOSTILE, HOSTILE, passed=True, duration=0.1),)
    )
    site.save(replace(evidence, started=HOSTILE, versions={HOSTILE: HOSTILE}))
    assert "Traceback" not in site.build()
    pages = pages_of(casos(site).epub())
    assert [page.select("script, img[onerror]") for page in pages.values() if page.select("script, img[onerror]")] == []
    assert any("<script>alert(1)" in page.get_text() for page in pages.values())
