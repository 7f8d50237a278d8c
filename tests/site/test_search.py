"""The search: what is put into its index, and what a reader finds with it in a real browser."""

from __future__ import annotations

import gzip
import json
import re
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from ensayar.publish import search
from ensayar.publish.search import Entry, Passage
from visit.addresses import address_of, prefix_of, sources

from .conftest import MANY, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import Site, Window

HTML = """
<p>Un <em>co</em>mienzo con <code>a_b</code>.</p>
<nav class="contents"><a href="#uno">Uno</a></nav>
<section class="reader" data-head="x">Tu recorrido</section>
<section id="uno"><h2>Uno &amp; más</h2><p>Texto de uno.<br>Otra línea</p>
<figure class="block console" id="paso"><figcaption><strong class="title">El paso</strong>
<span class="kind">consola <a class="anchor" href="#paso">§</a></span></figcaption>
<div class="code"><pre class="command"><span class="prompt"># </span><code>nginx <span>-t</span></code></pre>
<pre class="output">syntax is ok</pre></div><div class="tools"><label>Hecho</label></div>
<details class="verdict verified"><summary>Verificado</summary></details></figure>
<figure class="block console" id="otro-paso"><div class="code"><pre><code>ls</code></pre></div></figure>
<p>Después del paso. <img src="x.svg" alt="Un dibujo"></p>
<section id="dos"><h3>Dos</h3><p>Texto de dos.</p></section></section>
"""


def test_an_article_is_read_by_sections_and_blocks_without_what_the_page_adds() -> None:
    assert search.passages_of(HTML) == (
        Passage("", "", "Un comienzo con a_b."),
        Passage("uno", "Uno & más", "Texto de uno. Otra línea Después del paso. Un dibujo"),
        Passage("paso", "El paso", "nginx -t syntax is ok", "Uno & más"),
        Passage("otro-paso", "otro-paso", "ls", "Uno & más"),
        Passage("dos", "Dos", "Texto de dos."),
    )


@given(st.lists(st.builds(Passage, st.text(), st.text(), st.text(), st.text())))
def test_a_module_of_passages_is_read_back_as_it_was(passages: list[Passage]) -> None:
    module = search.texts_module(passages)
    assert search.passages_in(module) == tuple(passages)
    module.encode("utf-8", "surrogatepass")


@given(st.lists(st.frozensets(st.sampled_from(["a", "b", "ñandú", "x9", "zz"])), max_size=80))
def test_the_index_says_which_word_is_in_which_article(articles: list[frozenset[str]]) -> None:
    entries = [Entry(f"{number}/", "Título", f"{number}.js", words) for number, words in enumerate(articles)]
    module = search.index_module(entries)
    data = json.loads(module.removeprefix("export default ").removesuffix(";\n"))
    assert [row[0] for row in data["articles"]] == [entry.url for entry in entries]
    read: dict[str, list[int]] = {}
    for line in filter(None, data["words"].split(",")):
        word, *gaps = line.split(" ")
        number = 0
        read[word] = [number := number + int(gap, 36) for gap in gaps]
    assert read == {
        word: [number for number, words in enumerate(articles) if word in words]
        for word in frozenset().union(*articles)
    }


def test_words_are_folded() -> None:
    assert search.words_of("¡La MÁQUINA, el ñandú y proxy_pass 127.0.0.1!") == {
        "la",
        "maquina",
        "el",
        "nandu",
        "y",
        "proxy",
        "pass",
        "127",
        "0",
        "1",
    }


def texts(site: Site, name: str) -> tuple[Passage, ...]:
    return search.passages_in(site.outputs()[f"assets/search/texts/{name}.js"].decode("utf-8"))


def test_every_step_and_section_can_be_found_where_it_stands(rehearsed: Site, project: Site) -> None:
    for site in (rehearsed, project):
        for path in site.articles():
            page = site.page(path.stem)
            passages = texts(site, path.stem)
            assert len(passages) >= 1
            anchors = {item.anchor for item in passages}
            assert anchors >= {str(item["id"]) for item in page.select("figure.block[id], .prose section[id]")}
            assert anchors - {""} <= {str(item["id"]) for item in page.find_all(id=True)}


def test_what_changes_with_a_rehearsal_is_not_in_the_index(rehearsed: Site) -> None:
    everything = " ".join(item.text for item in texts(rehearsed, "casos"))
    assert "apt-get install --yes nginx-light" in everything
    assert "Hola, muro" in everything
    for said in (
        "Verificado",
        "Comprobaciones",
        "El proxy del anfitrión",
        "Copiar",
        "Hecho",
        "Setting up",
        "Se ve el efecto",
        "dueño",
        "Terminal de",
    ):
        assert said in rehearsed.page("casos").get_text(), said
        assert said not in everything


def test_the_index_leaves_out_what_is_not_to_be_found(new_site: Callable[..., Site]) -> None:
    site = new_site("otro")
    source = (site.root / "posts/otro.rst").read_text(encoding="utf-8")
    for name, line in (
        ("secreto", ".. status: private"),
        ("borrador", ".. status: draft"),
        ("oculto", ".. robots: noindex"),
    ):
        text = source.replace(".. slug: otro", f".. slug: {name}").replace("Otro artículo", "xilofón")
        site.write(f"posts/{name}.rst", re.sub(r"^\.\. tags: sitio$", line, text, flags=re.MULTILINE))
    site.build()
    outputs = site.outputs()
    assert b"otro" in outputs["assets/search/es.js"]
    assert b"xilof" not in b"".join(data for name, data in outputs.items() if name.startswith("assets/search/"))
    assert {name for name in outputs if name.startswith("assets/search/texts/")} == {
        "assets/search/texts/otro.js",
        "assets/search/texts/como-se-ensaya.js",
    }


def test_only_its_own_page_loads_the_search(project: Site) -> None:
    outputs = project.outputs()
    using = {name for name, data in outputs.items() if name.endswith(".html") and b"buscar." in data}
    assert using == {"buscar/index.html", "en/search/index.html"}
    assert len(gzip.compress(outputs["assets/js/buscar.js"])) <= 4_000
    assert len(gzip.compress(outputs["assets/css/buscar.css"])) <= 2_000
    for path in project.articles():
        size = len(gzip.compress(outputs[f"{path.stem}/index.html"]))
        assert len(gzip.compress(outputs[f"assets/search/texts/{path.stem}.js"])) < size / 2


# -- in the browser


def look_for(window: Window, query: str) -> str:
    """Type *query*, wait for the answer; what the page says then."""
    box = window.driver.find_element(By.ID, "_consulta")
    window.js("document.querySelector('.hits').textContent = '¿?'")
    box.send_keys(Keys.CONTROL, "a")
    box.send_keys(query)
    return answer(window)


def answer(window: Window) -> str:
    deadline = time.monotonic() + 10
    while (said := window.js("return document.querySelector('.hits').textContent")) in {"¿?", ""}:
        assert time.monotonic() < deadline, said
        time.sleep(0.05)
    return str(said)


def found(window: Window) -> list[list[str]]:
    """The links of each article that was found."""
    return window.js(  # type: ignore[no-any-return]
        "return [...document.querySelectorAll('.found > ol > li')]"
        ".map(item => [...item.querySelectorAll('a')].map(link => link.href))"
    )


def test_accents_and_capitals_do_not_matter_on_either_side(window: Window, address: str) -> None:
    window.show(address + "buscar/")
    assert look_for(window, "CONFIGURACION") == "Artículos con «CONFIGURACION»: 1."
    assert found(window) == [[address + "casos/", address + "casos/#settings"]]
    assert look_for(window, "configuración") == "Artículos con «configuración»: 1."
    assert window.js("return document.querySelector('.found li li mark').textContent") == "configuración"
    assert window.complaints() == []


def test_a_step_is_found_by_its_code_and_named_with_its_section(window: Window, address: str) -> None:
    window.show(address + "buscar/")
    look_for(window, "circus socket web")
    assert found(window) == [[address + "casos/", address + "casos/#circus-ini"]]
    assert window.js("return document.querySelector('.place').textContent") == ("Instalar Nginx: /home/muro/circus.ini")
    excerpt = window.js("return document.querySelector('.place + p').textContent")
    assert "[circus] check_delay = 5" in excerpt
    assert len(excerpt) < 260
    window.driver.find_element(By.CSS_SELECTOR, ".place a").click()
    assert window.js("return document.querySelector(':target').id") == "circus-ini"


def test_all_words_have_to_be_there_and_the_place_with_most_of_them_comes_first(window: Window, address: str) -> None:
    window.show(address + "buscar/")
    assert look_for(window, "nginx elefante") == "No hay nada con «nginx elefante». Probá con menos palabras."
    assert found(window) == []
    look_for(window, "active nginx systemctl")
    assert found(window)[0][1] == address + "casos/#instalar-nginx"


def test_an_ending_more_than_the_article_has_is_forgiven(window: Window, address: str) -> None:
    window.show(address + "buscar/")
    assert look_for(window, "intermediarios") == "Artículos con «intermediarios»: 1."
    assert found(window)[0][0] == address + "como-se-ensaya/"
    assert window.js("return document.querySelector('.found mark').textContent") == "intermediario"
    assert look_for(window, "xilofones").startswith("No hay nada")


def test_what_is_asked_and_what_is_found_never_become_mark_up(window: Window, address: str) -> None:
    window.show(address + "buscar/")
    assert "<img src=x>" in look_for(window, '<img src=x> {query} "$&')
    assert look_for(window, "script alert") == "Artículos con «script alert»: 1."
    assert '<script>alert("hola")</script>' in window.js("return document.querySelector('.place + p').textContent")
    assert window.js("return document.querySelectorAll('main script, main img').length") == 0
    assert window.complaints() == []


def test_a_search_has_an_address_of_its_own(window: Window, address: str) -> None:
    window.show(address + "buscar/?q=plantilla")
    assert answer(window) == "Artículos con «plantilla»: 1."
    assert window.js("return document.querySelector('#_consulta').value") == "plantilla"
    assert found(window)[0][1] == address + "casos/#plantilla"
    look_for(window, "circus delay")
    assert window.js("return location.search") == "?q=circus+delay"
    window.driver.find_element(By.CSS_SELECTOR, ".place a").click()
    window.driver.back()
    assert answer(window) == "Artículos con «circus delay»: 1."
    box = window.driver.find_element(By.ID, "_consulta")
    box.send_keys(Keys.CONTROL, "a")
    box.send_keys(Keys.DELETE)
    time.sleep(0.5)
    assert window.js("return location.search + document.querySelector('.hits').textContent") == ""
    assert found(window) == []


def test_nothing_of_the_index_is_loaded_before_it_is_needed(window: Window, address: str) -> None:
    window.show(address + "buscar/")
    loaded = "return performance.getEntriesByType('resource').map(e => e.name).filter(n => n.includes('/search/'))"
    assert window.js(loaded) == []
    look_for(window, "check_delay")
    assert sorted(window.js(loaded)) == [address + "assets/search/es.js", address + "assets/search/texts/casos.js"]


def test_an_index_that_cannot_be_loaded_is_said(new_site: Callable[..., Site], window: Window) -> None:
    site = new_site("otro")
    site.build()
    (site.root / "output/assets/search/es.js").unlink()
    with served(site) as address:
        window.show(address + "buscar/")
        assert look_for(window, "consola") == "El índice no se pudo cargar. Recargá la página para probar de nuevo."
    window.complaints()


def test_without_javascript_the_page_says_so_and_leads_to_the_archive(window: Window, address: str) -> None:
    window.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        window.show(address + "buscar/")
        main = window.driver.find_element(By.TAG_NAME, "main")
        assert "necesita JavaScript" in main.text
        assert [link.get_attribute("href") for link in main.find_elements(By.TAG_NAME, "a")] == [address + "archivo/"]
        assert not window.driver.find_element(By.ID, "_consulta").is_displayed()
    finally:
        window.command("Emulation.setScriptExecutionDisabled", value=False)


@pytest.fixture(name="many", scope="module")
def _many(many: Site) -> Iterator[str]:
    """The address of a site where a word is in many articles, and many times in each."""
    with served(many) as address:
        yield address


def test_many_articles_come_in_portions_the_one_with_the_word_in_its_title_first(window: Window, many: str) -> None:
    window.show(many + "buscar/", 320)
    assert look_for(window, "acrobata") == f"Artículos con «acrobata»: {MANY}."
    first = found(window)
    assert [links[0] for links in first] == [f"{many}n{number}/" for number in (5, *range(23, 14, -1))]
    assert {len(links) for links in first} == {1 + 4}
    button = window.driver.find_element(By.CSS_SELECTOR, ".found > .more")
    assert button.text == f"Más artículos: {MANY - 10}"
    window.js("arguments[0].focus()", button)
    window.press("Enter")
    time.sleep(0.5)
    assert len(found(window)) == 20
    assert window.js("return document.activeElement.href") == many + "n14/"
    window.js("document.querySelector('.found > .more').click()")
    time.sleep(0.5)
    assert len(found(window)) == MANY
    assert window.driver.find_elements(By.CSS_SELECTOR, ".found > .more") == []
    window.js("document.querySelector('.found li .more').click()")
    time.sleep(0.3)
    assert len(found(window)[0]) == 1 + 7
    assert window.js("return document.activeElement.hash") == "#parte-5"
    assert window.complaints() == []


@pytest.mark.parametrize("query", ["Größe", "grosse", "GRÖSSE", "ﬁn", "Ñandú", "nandu", "istanbul", "elenco"])
def test_the_browser_folds_words_as_the_index_does(window: Window, many: str, query: str) -> None:
    window.show(many + "buscar/")
    expected = 0 if query in {"grosse", "GRÖSSE"} else MANY  # ß is a letter of its own
    said = look_for(window, query)
    assert said == f"Artículos con «{query}»: {expected}." if expected else said.startswith("No hay nada")


def test_it_works_by_keyboard_alone_and_is_announced(window: Window, address: str) -> None:
    window.show(address + "buscar/")
    window.js(
        "window.heard = []; const status = document.querySelector('.hits[role=status]');"
        "new MutationObserver(() => heard.push(status.textContent)).observe(status, {childList: true});"
    )
    for _ in range(12):
        window.press("Tab")
        if window.js("return document.activeElement.id") == "_consulta":
            break
    assert window.js("return document.activeElement.labels[0].textContent") == "Qué buscás"
    window.driver.switch_to.active_element.send_keys("check_delay")
    answer(window)
    assert window.js("return heard") == ["Artículos con «check_delay»: 1."]
    window.press("Tab")
    assert window.js("return document.activeElement.href") == address + "casos/"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_in_results(window: Window, many: str, axe: str, scheme: str) -> None:
    window.command("Page.setBypassCSP", enabled=True)  # axe evaluates code; the page does not
    try:
        window.show(many + "buscar/?q=acr%C3%B3bata", 320, scheme)
        answer(window)
        window.js(axe)
        result = window.later("axe.run().then(arguments[0])")
        assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in result["violations"]] == []
        wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert window.js(wide) == 0
    finally:
        window.command("Page.setBypassCSP", enabled=False)
        window.complaints()


# -- in both languages


BOTH = """
return [...document.querySelectorAll('.found > ol > li')].map(item => [item.lang, item.querySelector('a').href])
"""


@pytest.mark.parametrize("page", ["buscar/", "en/search/"])
@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("también artículo", "es"),
        ("TAMBIEN ARTICULO", "es"),
        ("server machine", "en"),
        ("SÉRVER Machiné", "en"),
    ],
)
def test_either_search_finds_what_is_in_the_other_language_and_says_in_which(
    window: Window, addresses: dict[str, str], page: str, query: str, language: str
) -> None:
    window.show(addresses["project"] + page)
    look_for(window, query)
    hits: list[list[str]] = window.js(BOTH)
    articles = [source for source in sources() if prefix_of(source) == {"es": "", "en": "en/"}[language]]
    assert articles
    assert all([language, addresses["project"] + address_of(article)] in hits for article in articles)
    assert {lang for lang, _url in hits} == {language}
    assert all(url.startswith(f"{addresses['project']}en/") == (lang == "en") for lang, url in hits)
    assert window.js("return document.querySelector('.found mark') !== null")
    assert window.complaints() == []
