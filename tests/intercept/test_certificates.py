"""The throw-away authority, and the roots beside it."""

import ssl
import subprocess
import sys

import pytest

from emulator.errors import UsageError
from emulator.intercept.certificates import PEM, Authority, root_certificates

HOSTS = ("api.vobiz.ai", "api.tryvox.io")


@pytest.fixture(scope="module")
def authority():
    return Authority()


def handshake(authority, folder, name, *, is_checked=True):
    """What a client that asks for `name` sees; both ends in one thread, over memory."""
    client = ssl.create_default_context(cadata=authority.pem.decode())
    client.check_hostname = is_checked
    ours, theirs = (ssl.MemoryBIO(), ssl.MemoryBIO()), (ssl.MemoryBIO(), ssl.MemoryBIO())
    server = authority.context(HOSTS, folder).wrap_bio(*ours, server_side=True)
    asking = client.wrap_bio(*theirs, server_hostname=name)
    for _ in range(4):
        for side, (_, out), (into, _) in ((asking, theirs, ours), (server, ours, theirs)):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                pass
            finally:
                into.write(out.read())
    return asking


@pytest.mark.parametrize("host", [*HOSTS, "API.Vobiz.AI"])
def test_each_host_has_a_certificate_of_its_own(authority, tmp_path, host):
    shown = handshake(authority, tmp_path, host).getpeercert()
    assert [name for _, name in shown["subjectAltName"]] == [host.lower()]


def test_a_client_that_names_no_host_sees_a_certificate_for_all(authority, tmp_path):
    shown = handshake(authority, tmp_path, None, is_checked=False).getpeercert()
    assert [name for _, name in shown["subjectAltName"]] == list(HOSTS)


def test_a_client_that_names_another_host_is_told_so(authority, tmp_path):
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized[ _]name|callback failed"):
        handshake(authority, tmp_path, "example.com")


def test_who_trusts_another_authority_does_not_trust_ours(authority, tmp_path):
    stranger = Authority()
    stranger.context = authority.context
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(stranger, tmp_path, HOSTS[0])


def test_no_key_is_left_in_the_folder(authority, tmp_path):
    authority.context(HOSTS, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_authority_is_made_when_asked_for_and_never_twice():
    assert Authority().pem != Authority().pem


def test_roots_are_those_of_the_files_that_the_environment_names(tmp_path, authority):
    other = Authority()
    (tmp_path / "a.pem").write_bytes(b"a comment\n" + authority.pem)
    (tmp_path / "b.pem").write_bytes(other.pem + authority.pem)
    told = {"SSL_CERT_FILE": str(tmp_path / "a.pem"), "NODE_EXTRA_CA_CERTS": str(tmp_path / "b.pem")}
    assert PEM.findall(root_certificates(told)) == [authority.pem.strip(), other.pem.strip()]


def test_roots_of_a_folder_are_found(tmp_path, authority):
    (tmp_path / "a.pem").write_bytes(authority.pem)
    assert authority.pem.strip() in root_certificates({"SSL_CERT_DIR": str(tmp_path)})


def test_no_roots_at_all_are_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="found no root certificates"):
        root_certificates({"SSL_CERT_FILE": str(tmp_path / "none.pem")})


def test_roots_can_be_loaded(tmp_path, authority):
    (tmp_path / "a.pem").write_bytes(authority.pem)
    made = ssl.create_default_context(cadata=root_certificates({"SSL_CERT_FILE": str(tmp_path / "a.pem")}).decode())
    assert made.cert_store_stats()["x509_ca"] == 1


def test_without_trustme_the_extra_is_named():
    code = (
        "import sys; sys.modules['trustme'] = None\n"
        "from emulator.errors import UsageError\n"
        "from emulator.intercept.certificates import Authority\n"
        "try: Authority()\n"
        "except UsageError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'ringback[intercept]'" in done.stdout
