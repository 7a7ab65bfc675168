"""The site is built without a warning, needs nobody else's server, and has a page for everything it ought to."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from docs.build import DOCS
from docs.pages import pages
from docs.schemas import cell, fields, phrase
from emulator.cli.group import COMMANDS
from emulator.runtime.vendors import load_vendors
from tests.house.test_guides import PAGES


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "docs.build", str(folder)]
    done = subprocess.run(words, cwd=DOCS.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


class Fetched(HTMLParser):
    """Whatever a browser loads of itself, and where links go."""

    def __init__(self):
        super().__init__()
        self.urls, self.links = [], []

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag == "a":
            self.links.append(told.get("href") or "")
        elif tag == "link" and told.get("rel") not in ("stylesheet", "icon", "preload"):
            pass
        else:
            self.urls += [told[name] for name in ("src", "href") if told.get(name)]


def test_a_reader_is_sent_to_no_other_server(site):
    for page in site.rglob("*.html"):
        fetched = Fetched()
        fetched.feed(page.read_text(encoding="utf-8"))
        assert [url for url in fetched.urls if "//" in url] == [], page
    for sheet in site.rglob("*.css"):
        assert re.findall(r"url\([\"']?(?:https?:)?//|@import", sheet.read_text(encoding="utf-8")) == [], sheet


def test_every_page_is_there_and_reached_from_the_first(site):
    wanted = {path.relative_to(DOCS).with_suffix(".html") for path in PAGES}
    wanted |= {(DOCS / path).relative_to(DOCS).with_suffix(".html") for path in pages()}
    fetched = Fetched()
    fetched.feed((site / "index.html").read_text(encoding="utf-8"))
    reached = {link.partition("#")[0] for link in fetched.links}
    assert {str(path) for path in wanted} - reached <= {"index.html"}


def test_no_page_says_a_toctree_out_loud(site):
    for page in site.rglob("*.html"):
        assert ":::" not in page.read_text(encoding="utf-8"), page


def test_the_reference_names_every_command_and_every_operation():
    made = pages()
    assert all(f"## ringback {name}\n" in made["reference/cli.md"] for name in COMMANDS if name != "scenario")
    assert "### POST /sandboxes\n" in made["reference/control-api.md"]
    assert "### run_until\n" in made["reference/python.md"]
    assert "| `numbers` |" in made["reference/scenario-schema.md"]


@pytest.mark.parametrize("vendor", load_vendors().values(), ids=lambda vendor: vendor.name)
def test_each_provider_has_a_page_with_its_parts_gaps_and_doubts(vendor):
    told = pages()[f"reference/vendors/{vendor.name}.md"]
    assert all(cell(part.name) in told for part in vendor.parts)
    assert all(f"- {name}" in told for name in vendor.not_emulated)
    assert "## Doubts" in told
    assert all(host in told for host in vendor.hosts)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "#/$defs/FarEnd"}, "[FarEnd](#farend)"),
        ({"const": 1}, "`1`"),
        ({"enum": ["a", None]}, '`"a"`, `null`'),
        ({"type": "array", "items": {"type": "string"}}, "list of string"),
        ({"type": ["integer", "null"], "minimum": 0}, "integer from 0 or null"),
        ({"anyOf": [{"type": "number", "maximum": 9}, {"type": "string"}]}, "number to 9 or string"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "object of string"),
        ({}, "anything"),
    ],
)
def test_a_schema_is_said_in_a_few_words(schema, said):
    assert phrase(schema) == said


def test_fields_are_a_table_that_says_what_is_required():
    schema = {"properties": {"a": {"type": "string", "description": "x | <y>"}, "b": {"default": 3}}, "required": ["a"]}
    assert fields(schema).splitlines()[2:] == [
        "| `a` | string | required | x \\| &lt;y> |",
        f"| `b` | anything | `{json.dumps(3)}` |  |",
    ]
