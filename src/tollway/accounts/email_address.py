"""Email addresses as names of accounts."""

import re

from tollway.accounts.errors import WrongEmailError

_LENGTH_MAX = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets.
_LOCAL_PART = r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_FORM = re.compile(rf"{_LOCAL_PART}@{_LABEL}(?:\.{_LABEL})*")


def normal_email(text: str) -> str:
    """Bring an address into the form in which it is stored and compared: trimmed, in small letters.

    The form is that of HTML's ``input type=email``: what browsers accept, names of one label such as ``localhost``
    included, and nothing that could look like another address in a list.

    Raises:
        WrongEmailError: the text is no such address.
    """
    email = text.strip().lower()
    if len(email) > _LENGTH_MAX or _FORM.fullmatch(email) is None:
        raise WrongEmailError("Not an email address: expected something like name@example.com", param="email")
    return email
