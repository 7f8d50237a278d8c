"""Whether a page is valid HTML: what a parser of the standard complains about, and the rules that a parser leaves out.

Rules: https://html.spec.whatwg.org/ (element and attribute indices) and WAI-ARIA 1.2 for references by id; as far as
pages of this site use them. An element or attribute that is not in these tables is an error until it is added.
"""

from __future__ import annotations

import html5lib
from bs4 import BeautifulSoup, Tag


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


PHRASING = _names(
    "a abbr b br button cite code em i img input kbd label mark noscript output picture q s samp script select small "
    "span strong sub sup time u var wbr"
)
ONLY_PHRASING = _names(
    "p h1 h2 h3 h4 h5 h6 pre abbr b button cite code em i kbd label mark q s samp small span strong sub sup time u var "
    "title option"
)
FLOW = PHRASING | _names(
    "article aside blockquote details div dl figure footer h1 h2 h3 h4 h5 h6 header hr main nav ol p pre search "
    "section table ul"
)
IN = {
    "summary": PHRASING | _names("h2 h3 h4"),
    "figure": FLOW | {"figcaption"},
    "details": FLOW | {"summary"},
}
"""What may be in elements that hold more than text, or less than anything."""
CONTROLS = _names("a button input label select")
INTERACTIVE = CONTROLS | _names("details summary")
CHILDREN = {
    "html": {"head", "body"},
    "head": {"meta", "title", "link", "script"},
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"dt", "dd", "div"},
    "picture": {"source", "img"},
    "select": {"option"},
    "table": {"caption", "colgroup", "thead", "tbody", "tfoot"},
    "colgroup": {"col"},
    "thead": {"tr"},
    "tbody": {"tr"},
    "tfoot": {"tr"},
    "tr": {"th", "td"},
}
EVERYWHERE = _names(
    "autocapitalize class enterkeyhint hidden id inputmode lang role spellcheck tabindex title translate"
)
ATTRIBUTES = {
    "a": "download href hreflang rel type",
    "button": "disabled type",
    "col": "span",
    "details": "open",
    "img": "alt decoding height loading src width",
    "input": "type",
    "label": "for",
    "li": "value",
    "link": "href hreflang media rel sizes type",
    "meta": "charset content http-equiv name property",  # the last: RDFa, for OpenGraph
    "ol": "reversed start type",
    "option": "selected value",
    "script": "defer src type",
    "select": "autocomplete",
    "source": "height media srcset width",
    "td": "colspan headers rowspan",
    "th": "abbr colspan headers rowspan scope",
    "time": "datetime",
}
INPUT = {
    "checkbox": "checked disabled required",
    "range": "max min step value",
    "search": "autocomplete maxlength placeholder required value",
    "text": "autocomplete maxlength pattern placeholder required value",
}
REFERENCES = ("for", "aria-activedescendant", "aria-controls", "aria-describedby", "aria-labelledby", "aria-owns")


def problems(html: str) -> list[str]:
    """What is wrong with the page *html*, one line each."""
    parser = html5lib.HTMLParser()
    parser.parse(html)
    found = [f"{place}: {code} {details}" for place, code, details in parser.errors]
    page = BeautifulSoup(html, "html5lib")
    ids = {str(element["id"]) for element in page.select("[id]")}
    for element in page.find_all():
        found += [f"{_shown(element)}: {words}" for words in (*_content(element), *_attributes(element, ids))]
    return found


def _shown(element: Tag) -> str:
    return str(element)[:100].replace("\n", " ")


def _content(element: Tag) -> list[str]:
    children = [child.name for child in element.find_all(recursive=False)]
    allowed = _allowed(element)
    found = [f"<{name}> may not be in <{element.name}>" for name in children if name not in allowed]
    if element.name in CHILDREN and element.find(string=_is_text, recursive=False):
        found.append(f"text right in <{element.name}>")
    if element.name in CONTROLS:
        own = {"input", "select"} if element.name == "label" else set()
        inner = {item.name for item in element.find_all(list(INTERACTIVE))} - own
        found += [f"<{name}> within <{element.name}>" for name in sorted(inner)]
    if "figcaption" in children[1:-1]:
        found.append("<figcaption> is neither first nor last")
    if element.name == "details" and (children.count("summary") != 1 or children[0] != "summary"):
        found.append("<details> without <summary>, or not at its beginning")
    return found


def _allowed(element: Tag) -> frozenset[str]:
    name = element.name
    if name == "div" and element.parent is not None and element.parent.name == "dl":
        return frozenset({"dt", "dd"})
    if name in CHILDREN:
        return frozenset(CHILDREN[name])
    return IN.get(name, PHRASING if name in ONLY_PHRASING else FLOW)


def _is_text(text: str | None) -> bool:
    return bool(text and text.strip())


def _attributes(element: Tag, ids: set[str]) -> list[str]:
    allowed = EVERYWHERE | set(ATTRIBUTES.get(element.name, "").split())
    if element.name == "input":
        allowed |= set(INPUT[str(element.get("type", "text"))].split())
    found = [
        f"attribute {name}" for name in element.attrs if name not in allowed and not name.startswith(("data-", "aria-"))
    ]
    found += [
        f"{name} names no element: {value}"
        for name in REFERENCES
        for value in str(element.get(name, "")).split()
        if value not in ids
    ]
    if element.name == "img" and not element.has_attr("alt"):
        found.append("no alt")
    if "id" in element.attrs and (not element["id"] or " " in str(element["id"])):
        found.append("id is empty or holds a blank")
    return found
