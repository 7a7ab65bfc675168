"""The contracts, as a page that people read: drawn by Redoc, whole, from what a running server shows."""

import html
import json
import re
import shutil
import subprocess

import pytest

from contracts.document import contract_names, load

pytestmark = pytest.mark.system

REDOC = "@redocly/cli@1.34.5"
"""The last that draws the whole page on the server's side; later ones leave it to the browser."""


@pytest.fixture(scope="module")
def redoc(tmp_path_factory):
    """Runs Redocly in a folder, which it returns with what was said; its installation from a package index included."""
    folder = tmp_path_factory.mktemp("redoc")
    npm = shutil.which("npm")
    words = [npm, "install", "--prefix", str(folder), "--no-fund", "--no-audit", "--ignore-scripts", "--silent", REDOC]
    subprocess.run(words, cwd=folder, check=True)

    def run(*words):
        command = [folder / "node_modules" / ".bin" / "redocly", *words]
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "REDOCLY_TELEMETRY": "off", "HOME": str(folder)}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return folder

    return run


@pytest.mark.parametrize("name", contract_names())
def test_a_page_shows_every_operation_parameter_answer_and_webhook(redoc, server, name, tmp_path):
    document = server.api.get(f"/contracts/{name}.json")
    file = tmp_path / f"{name}.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    redoc("lint", "--extends", "spec", str(file))
    page = redoc("build-docs", str(file), "-o", f"{name}.html") / f"{name}.html"
    body = page.read_text(encoding="utf-8").partition("<body")[2]
    body = re.sub(r"<(script|style).*?</\1>", "", body, flags=re.DOTALL)
    shown = html.unescape(re.sub(r"<[^>]+>", " ", body))
    contract = load(name)
    assert [each for each in contract.operations if f'operation/{each}"' not in body] == []
    for operation in contract.operations.values():
        assert [each.name for each in operation.parameters if each.name not in shown] == [], operation.id
        assert [status for status in operation.answers if str(status) not in shown] == [], operation.id
    summaries = [item[method]["summary"] for item in document["webhooks"].values() for method in item]
    assert [each for each in summaries if each not in shown] == []
