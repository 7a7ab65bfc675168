import pytest

from emulator.webhooks.addresses import is_address, is_local


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "0.0.0.0", "::1",
        "::", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    ],
)  # fmt: skip
def test_this_machine_and_private_networks_are_local(address: str) -> None:
    assert is_local(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8", "11.0.0.1", "172.15.255.255", "172.32.0.0", "192.169.0.1", "0.0.0.1", "169.254.169.254",
        "100.64.0.1", "203.0.113.1", "224.0.0.1", "255.255.255.255", "2001:db8::1", "64:ff9b::7f00:1",
        "2002:7f00:1::", "fe80::1%eth0", "::ffff:8.8.8.8", "::127.0.0.1",
    ],
)  # fmt: skip
def test_everything_else_is_not_local(address: str) -> None:
    assert not is_local(address)


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "2130706433", "0x7f000001", "127.0.0.01", "127.0.0.1."])
def test_what_only_some_would_read_as_an_address_is_none_and_not_local(text: str) -> None:
    assert (is_address(text), is_local(text)) == (False, False)


def test_an_address_may_name_its_zone() -> None:
    assert is_address("fe80::1%eth0")
