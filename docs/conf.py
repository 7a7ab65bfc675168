"""Sphinx's own settings; `docs/build.py` copies this beside the pages. Nothing is fetched, not by a reader either."""

from emulator import __version__

project = "Ringback"
version = release = __version__
author = "Ringback authors"
copyright = "Ringback authors, MIT licence"
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nitpicky = True
templates_path: list[str] = []
html_theme = "furo"
html_title = "Ringback"
html_static_path = ["_static"]
html_css_files = ["ringback.css"]
html_favicon = "_static/ringback.svg"
html_logo = "_static/ringback.svg"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b6e4f", "color-brand-content": "#0b6e4f"},
    "dark_css_variables": {"color-brand-primary": "#4cc38a", "color-brand-content": "#4cc38a"},
}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
