"""Sphinx: the developers' documentation. Built with ``./dev docs``; a warning is an error."""

# Sphinx reads these names from the module.
project = "ensayar"
author = "the ensayar maintainers"
copyright = "2026, the ensayar maintainers"  # noqa: A001  (Sphinx's name for it)
release = "0.1.0"
version = "0.1"

extensions = ["sphinx.ext.autodoc", "sphinx_click"]
exclude_patterns = ["_build", "examples"]
default_role = "code"
nitpicky = False
smartquotes = False

html_theme = "alabaster"
html_title = "ensayar"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "description": "Articles that rehearse themselves",
    "fixed_sidebar": True,
    "page_width": "1080px",
    "sidebar_width": "230px",
}

# A date or a machine's name would make two builds of one commit differ.
html_last_updated_fmt = None

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "undoc-members": False}
