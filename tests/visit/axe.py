"""axe-core, the accessibility checker, as a script for pages; it is installed with Lighthouse.

In goes nothing; out come what a page has to load, and the question to ask it then.
"""

from __future__ import annotations

from visit.lighthouse import INSTALLED

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
"""WCAG 2.2 at level AA, with all that came before it, and what axe's authors advise."""
RUN = f"""
const done = arguments[0];
document.querySelectorAll('details').forEach(d => d.open = true);
document.querySelectorAll('[hidden]').forEach(e => e.hidden = false);
axe.run(document, {{runOnly: {list(TAGS)}, rules: {{'target-size': {{enabled: true}}}}}}).then(result => done({{
  rules: result.passes.length,
  violations: result.violations.map(v => [v.id, v.help, v.nodes.slice(0, 5).map(n => n.html.slice(0, 160))]),
}}), error => done(String(error)));
"""
"""Asked of a page that has loaded the script: how many rules it keeps, and which it breaks where, all opened and shown.

The rule for the size of targets (WCAG 2.2, 2.5.8) is the one that axe leaves out unless it is asked for by name.
"""


def script() -> str:
    """What a page has to load.

    :raises FileNotFoundError: it is not installed.
    """
    path = INSTALLED / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        message = "axe-core is not installed; type: ./dev test tests/site"
        raise FileNotFoundError(message)
    return path.read_text(encoding="utf-8")
