"""The site: Nikola's settings. A page asks nobody but this site for anything."""

import importlib.resources
import re
from pathlib import Path

from ensayar.publish.words import WORDS

BLOG_AUTHOR = "ensayar"
BLOG_TITLE = "ensayar"
BLOG_DESCRIPTION = "Artículos técnicos que se ensayan: cada comando y cada archivo se ejecutó en una máquina de verdad."
BLOG_EMAIL = ""
SITE_URL = "https://ensayar.example/"

DEFAULT_LANG = "es"
TRANSLATIONS = {"es": ""}
TRANSLATIONS_PATTERN = "{path}.{lang}.{ext}"
SHOW_UNTRANSLATED_POSTS = False
TIMEZONE = "America/Argentina/Buenos_Aires"
DATE_FORMAT = "d 'de' MMMM 'de' y"
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
}

POSTS = (("posts/*.rst", "", "post.tmpl"),)
PAGES = (("pages/*.rst", "", "page.tmpl"),)
COMPILERS = {"ensayar_rest": (".rst",)}
EXTRA_PLUGINS_DIRS = [str(importlib.resources.files("ensayar") / "nikola_plugins")]
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
    "robots",
    "scale_images",
]

TAG_PATH = {"es": "temas"}
CREATE_SINGLE_ARCHIVE = True
ARCHIVE_PATH = {"es": "archivo"}
ARCHIVE_FILENAME = "index.html"
PRETTY_URLS = True
STRIP_INDEXES = True
URL_TYPE = "rel_path"
INDEX_TEASERS = True
# what a feed holds of an article: up to its table of contents or first section, unless the author says where
TEASER_REGEXP = re.compile(r"<!--\s*(?:TEASER_END|END_TEASER)(?::(.+))?\s*-->|<nav |<section ")
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


def _without_build_times(path: str) -> None:
    """Feeds and site maps tell when they were built, which is no news to a reader and differs from build to build."""
    file = Path(path)
    text = re.sub(
        r"<lastBuildDate>[^<]*</lastBuildDate>|[ ]*<lastmod>[^<]*</lastmod>\n", "", file.read_text(encoding="utf-8")
    )
    file.write_text(text, encoding="utf-8")


FILTERS = {".xml": [_without_build_times]}

_CC_BY_SA = "https://creativecommons.org/licenses/by-sa/4.0/deed.es"
GLOBAL_CONTEXT = {"words": WORDS, "license_url": _CC_BY_SA}
LICENSE = f'<a rel="license" href="{_CC_BY_SA}">Creative Commons Atribución-CompartirIgual 4.0 (CC BY-SA 4.0)</a>'
CONTENT_FOOTER = "Los artículos se publican bajo la licencia {license}."
CONTENT_FOOTER_FORMATS = {"es": ((), {"license": LICENSE})}
RSS_COPYRIGHT = "CC BY-SA 4.0"
RSS_COPYRIGHT_PLAIN = "CC BY-SA 4.0"
RSS_COPYRIGHT_FORMATS: dict[str, tuple[tuple[()], dict[str, str]]] = {"es": ((), {})}
