"""The site: Nikola's settings. A page asks nobody but this site for anything."""

import importlib.resources
import re
from pathlib import Path

from ensayar.publish.words import WORDS

BLOG_AUTHOR = "ensayar"
BLOG_TITLE = "ensayar"
BLOG_DESCRIPTION = {
    "es": "Artículos técnicos que se ensayan: cada comando y cada archivo se ejecutó en una máquina de verdad.",
    "en": "Technical articles that are rehearsed: every command and every file was run on a real machine.",
}
BLOG_EMAIL = ""
SITE_URL = "https://ensayar.example/"

DEFAULT_LANG = "es"
TRANSLATIONS = {"es": "", "en": "./en"}
TRANSLATIONS_PATTERN = "{path}.{lang}.{ext}"
SHOW_UNTRANSLATED_POSTS = False
TIMEZONE = "America/Argentina/Buenos_Aires"
DATE_FORMAT = {"es": "d 'de' MMMM 'de' y", "en": "d MMMM y"}
DATE_FANCINESS = 0

THEME = "pista"
CODE_COLOR_SCHEME = ""
NAVIGATION_LINKS = {
    "es": (
        ("/", "Artículos"),
        ("/archivo/", "Archivo"),
        ("/buscar/", "Buscar"),
        ("/como-se-ensaya/", "Cómo se ensaya"),
        ("/rss.xml", "RSS"),
    ),
    "en": (
        ("/en/", "Articles"),
        ("/en/archive/", "Archive"),
        ("/en/search/", "Search"),
        ("/en/how-it-rehearses/", "How it rehearses"),
        ("/en/rss.xml", "RSS"),
    ),
}

POSTS = (("posts/*.rst", "", "post.tmpl"),)
PAGES = (("pages/*.rst", "", "page.tmpl"),)
COMPILERS = {"ensayar_rest": (".rst",)}
EXTRA_PLUGINS_DIRS = [str(importlib.resources.files("ensayar") / "nikola_plugins")]
ENSAYAR_BOOKS = ("epub", "pdf")
FILES_FOLDERS = {"files": ""}
IMAGE_FOLDERS: dict[str, str] = {}
LISTINGS_FOLDERS: dict[str, str] = {}
GALLERY_FOLDERS: dict[str, str] = {}
DISABLED_PLUGINS = [
    "classify_authors",
    "classify_categories",
    "create_bundles",
    "render_galleries",
    "render_listings",
    "scale_images",
]

TAG_PATH = {"es": "temas", "en": "topics"}
CREATE_SINGLE_ARCHIVE = True
ARCHIVE_PATH = {"es": "archivo", "en": "archive"}
ARCHIVE_FILENAME = "index.html"
PRETTY_URLS = True
STRIP_INDEXES = True
URL_TYPE = "rel_path"
INDEX_TEASERS = True
# what a feed holds of an article: its introduction, up to where the author says or up to what is for the page only;
# something has to come before that, since Nikola cannot make a feed of nothing
TEASER_REGEXP = re.compile(
    r"<!--\s*(?:TEASER_END|END_TEASER)(?::(.+))?\s*-->"
    r"|(?:(?<=>)|(?<=>\n))(?:<aside class=.rehearsal |<nav |<section |<figure class=.block )"
)
FEED_TEASERS = True
# without the minutes left to read: they count what a machine printed, and change with every rehearsal
FEED_READ_MORE_LINK = '<p><a href="{link}">{read_more}…</a></p>'
SHOW_SOURCELINK = False
COPY_SOURCES = False
USE_BUNDLES = False
USE_CDN = False
COMMENT_SYSTEM = ""
DISABLE_MAIN_ATOM_FEED = True
GENERATE_ATOM = False
META_GENERATOR_TAG = False
GZIP_FILES = False


def _finished(path: str) -> None:
    """A feed or site map without the time of the build, which is no news and differs each time, and with its namespaces
    in one order, which Nikola takes from the first feed that a build happens to make; and no feed without a
    description, which RSS 2.0 requires, where a tag has none.
    """
    file = Path(path)
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"<lastBuildDate>[^<]*</lastBuildDate>|[ ]*<lastmod>[^<]*</lastmod>\n", "", text)
    text = re.sub(r"(<channel><title>([^<]*)</title><link>[^<]*</link><description>)(?=</description>)", r"\1\2", text)
    text = re.sub(r"(?<=<rss )[^>]*", lambda found: " ".join(sorted(found[0].split())), text, count=1)
    file.write_text(text, encoding="utf-8")


def _valid(path: str) -> None:
    """A page whose pictures are valid: the parser that Nikola puts pages through takes ``<source>`` for an element with
    an end.
    """
    file = Path(path)
    text = file.read_text(encoding="utf-8")
    if "</source>" in text:
        file.write_text(text.replace("</source>", ""), encoding="utf-8")


FILTERS = {".xml": [_finished], ".html": [_valid]}

_CC_BY_SA = "https://creativecommons.org/licenses/by-sa/4.0/deed."
_LICENSES = {
    "es": "Creative Commons Atribución-CompartirIgual 4.0 (CC BY-SA 4.0)",
    "en": "Creative Commons Attribution-ShareAlike 4.0 (CC BY-SA 4.0)",
}
GLOBAL_CONTEXT = {"words": WORDS, "license_url": _CC_BY_SA, "default_language": DEFAULT_LANG}
CONTENT_FOOTER = {
    "es": "Los artículos se publican bajo la licencia {license}.",
    "en": "The articles are published under {license}.",
}
CONTENT_FOOTER_FORMATS = {
    language: ((), {"license": f'<a rel="license" href="{_CC_BY_SA}{language}">{name}</a>'})
    for language, name in _LICENSES.items()
}
RSS_COPYRIGHT = RSS_COPYRIGHT_PLAIN = "CC BY-SA 4.0"
RSS_COPYRIGHT_FORMATS: dict[str, tuple[tuple[()], dict[str, str]]] = dict.fromkeys(_LICENSES, ((), {}))
