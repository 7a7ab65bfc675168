"""Builds the site: the pages of this folder and those that `docs/pages.py` makes, strictly and without the network.

`python -m docs.build [FOLDER]` writes `site/`, or FOLDER. Sphinx reads a copy in a temporary folder, so that nothing
made stands beside what is written. What each index page leads to is added here: on a code host the folder is the list.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from docs.pages import pages

DOCS: Final = Path(__file__).parent
SITE: Final = DOCS.parent / "site"

TREES: Final[Mapping[str, tuple[str, ...]]] = {
    "index.md": ("tutorial", "how-to/index", "reference/index", "explanation/index", "*"),
    "how-to/index.md": ("*",),
    "reference/index.md": ("cli", "pytest-plugin", "python", "control-api", "scenario-schema", "vendors/index"),
    "reference/vendors/index.md": ("*",),
    "explanation/index.md": ("time", "sandboxes", "limits", "*", "../adr/README"),
    "adr/README.md": ("*",),
}
"""Index page: what stands under it in the navigation, in this order, `*` for whatever is not named."""


def assemble(folder: Path) -> None:
    """Everything that Sphinx reads, in `folder`."""
    shutil.copytree(
        DOCS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "build.py", "pages.py")
    )
    (folder / "adr" / "0000-template.md").unlink()
    for path, text in pages().items():
        page = folder / path
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    for path, entries in TREES.items():
        page = folder / path
        rest = sorted(other.stem for other in page.parent.glob("*.md") if other != page and other.stem not in entries)
        listed = [name for entry in entries for name in (rest if entry == "*" else [entry])]
        options = [":hidden:"] if path == "index.md" else []
        with page.open("a", encoding="utf-8") as writing:
            writing.write("\n".join(["", ":::{toctree}", *options, ":maxdepth: 1", "", *listed, ":::", ""]))


def build(into: Path) -> int:
    """The site, in `into`; an exit code. A warning is an error."""
    from sphinx.cmd.build import build_main

    with tempfile.TemporaryDirectory(prefix="ringback-docs-") as name:
        folder = Path(name) / "docs"
        assemble(folder)
        options = ["-W", "--keep-going", "-q", "-E", "-b", "html", "-d", f"{name}/doctrees"]
        return build_main([*options, str(folder), str(into)])


if __name__ == "__main__":
    wanted = Path(sys.argv[1]) if len(sys.argv) > 1 else SITE
    if wanted == SITE and SITE.exists():
        shutil.rmtree(SITE)
    sys.exit(build(wanted))
