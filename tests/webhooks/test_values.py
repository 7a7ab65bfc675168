from emulator.webhooks.values import Form, Json, Policy, Raw, Reply


def test_a_form_keeps_its_order_and_writes_spaces_as_plus() -> None:
    assert Form((("To", "+91 98"), ("a&b", "é"), ("To", ""))).encode() == b"To=%2B91+98&a%26b=%C3%A9&To="


def test_json_is_compact_and_keeps_its_order_and_letters() -> None:
    assert Json({"to": "é", "a": [1, None]}).encode() == '{"to":"é","a":[1,null]}'.encode()


def test_raw_bytes_stay_as_they_are() -> None:
    assert Raw(b"\x00\xff").encode() == b"\x00\xff"


def test_a_success_is_200_to_299_unless_the_policy_names_others() -> None:
    assert [status for status in range(100, 600) if Policy().is_ok(status)] == list(range(200, 300))
    assert [status for status in range(100, 600) if Policy(ok=frozenset({200, 302})).is_ok(status)] == [200, 302]


def test_a_reply_finds_its_first_header_of_a_name_in_any_case() -> None:
    reply = Reply(200, (("Content-TYPE", "text/xml"), ("content-type", "text/html")), b"")

    assert (reply.header("content-type"), reply.header("etag")) == ("text/xml", "")
