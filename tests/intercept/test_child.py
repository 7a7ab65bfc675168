"""What a Python child is given: the providers' hosts resolve to us, and nothing else changes."""

import os
import socket
import ssl
import subprocess
import sys

import pytest

from emulator.intercept.certificates import Authority
from emulator.intercept.child import install
from emulator.intercept.interception import Interception
from emulator.runtime.exchange import Exchange

HOST = "api.vobiz.ai"


@pytest.fixture
def installed(tmp_path):
    (tmp_path / "ca.pem").write_bytes(Authority().pem)
    undo = install([HOST], 4430, 8000, str(tmp_path / "ca.pem"))
    yield tmp_path
    undo()


@pytest.mark.parametrize("host", [HOST, "API.vobiz.ai", HOST.encode()])
@pytest.mark.parametrize(("port", "ours"), [(443, 4430), ("https", 4430), (8443, 4430), (80, 8000), ("http", 8000)])
def test_a_providers_host_resolves_to_our_listeners(installed, host, port, ours):
    assert {found[4] for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)} == {("127.0.0.1", ours)}


def test_a_providers_host_has_no_other_address(installed):
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(HOST, 443, socket.AF_INET6)


def test_any_other_host_resolves_as_ever(installed):
    assert ("127.0.0.1", 5550) in {found[4] for found in socket.getaddrinfo("127.0.0.1", 5550)}
    assert socket.getaddrinfo(None, 80)


def test_who_names_certificates_of_its_own_trusts_ours_besides(installed):
    (installed / "theirs.pem").write_bytes(Authority().pem)
    made = ssl.create_default_context(cafile=str(installed / "theirs.pem"))
    assert made.cert_store_stats()["x509_ca"] == 2
    (installed / "ca.pem").unlink()
    assert ssl.create_default_context(cafile=str(installed / "theirs.pem")).cert_store_stats()["x509_ca"] == 1


def test_it_can_be_undone(tmp_path):
    before = socket.getaddrinfo, ssl.SSLContext.load_verify_locations
    install([HOST], 1, 2, str(tmp_path))()
    assert (socket.getaddrinfo, ssl.SSLContext.load_verify_locations) == before


async def test_a_sitecustomize_that_was_there_before_still_runs(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.stdout.write('theirs ')")
    exchange = Exchange()
    told = {"PYTHONPATH": str(tmp_path)}
    async with Interception(exchange, "http://127.0.0.1:1", environment=told) as intercept:
        done = subprocess.run(
            [sys.executable, "-c", "import socket; print(socket.getaddrinfo.__module__)"],
            env={**os.environ, **intercept.environ}, capture_output=True, text=True, check=True,
        )  # fmt: skip
    await exchange.close()
    assert done.stdout.split() == ["theirs", "sitecustomize"]
