import pytest

from tollway.accounts.email_address import normal_email
from tollway.accounts.errors import WrongEmailError


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("jane@example.com", "jane@example.com"),
        ("  Jane.Doe+news@Sub.Example.CO.uk \n", "jane.doe+news@sub.example.co.uk"),
        ("root@localhost", "root@localhost"),
        ("o'brien@example.ie", "o'brien@example.ie"),
    ],
)
def test_addresses_are_brought_into_one_form(text: str, normal: str) -> None:
    assert normal_email(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jane",
        "@example.com",
        "jane@",
        "jane@@example.com",
        "jane@example..com",
        "jane@-example.com",
        "jane doe@example.com",
        "jane@exam ple.com",
        "jane@example.com\nbcc@example.com",
        "jane@exаmple.com",  # noqa: RUF001 - The letter after "ex" is Cyrillic: a look-alike.
        "j" * 65 + "@example.com",
        "jane@" + "a.b" * 90 + ".com",
    ],
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(WrongEmailError):
        normal_email(text)
