"""Addresses of mail and of the network, and browsers in words."""

from __future__ import annotations

import pytest

from core.domain.account import email_key, network_of, read_email
from core.domain.agents import browser_in_words
from core.errors import InvalidInput


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Ann@Example.org ", "Ann@Example.org"),
        ("ann+films@example.co.uk", "ann+films@example.co.uk"),
        ("ann@localhost", "ann@localhost"),
        ("jürgen@müller.example", "jürgen@müller.example"),
        ("ａnn@example.org", "ann@example.org"),
    ],
)
def test_an_address_is_kept_as_typed_but_for_its_spelling_in_unicode(typed: str, kept: str) -> None:
    assert read_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "", "ann", "ann@", "@example.org", "ann@@example.org", "ann lee@example.org", "ann@exam ple.org",
        "ann@example.org\nBcc: all@example.org", "ann@example.org,bob@example.org", "Ann <ann@example.org>",
        "a" * 65 + "@example.org", "ann@" + "e" * 251, "ann@example.org/..", "\u202eann@example.org", 'a"b@example.org',
        "ann\\b@example.org", "ann..lee@example.org", ".ann@example.org", "ann.@example.org", "ann@example..org",
        "ann@example.org.", "ann@.example.org", "ann@example_.org",
    ],
)  # fmt: skip
def test_what_is_no_address_or_more_than_one_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput):
        read_email(typed)


def test_two_spellings_that_mail_treats_alike_are_one_account() -> None:
    assert email_key("ANN@Example.ORG") == email_key(" ann@example.org")
    assert email_key("ann@example.org") != email_key("anne@example.org")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_one_customer_is_one_place_on_the_network(address: str, network: str) -> None:
    assert network_of(address) == network


MOZILLA = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) {}"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (MOZILLA.format("Windows NT 10.0; Win64; x64", "Chrome/141.0 Safari/537.36 Edg/141.0"), "Edge on Windows"),
        (MOZILLA.format("iPhone; CPU iPhone OS 19_0 like Mac OS X", "Version/19.0 Safari/604.1"), "Safari on iPhone"),
        (MOZILLA.format("Linux; Android 16; Pixel 9", "Chrome/141.0 Mobile Safari/537.36"), "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("<script>alert(1)</script>", "An unknown browser"),
        ("", "An unknown browser"),
    ],
)
def test_a_browser_is_told_in_words_of_ours(agent: str, words: str) -> None:
    assert browser_in_words(agent) == words
