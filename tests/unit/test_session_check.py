"""From which pages changes are taken."""

import pytest

from tollway.http.session_check import ForgedRequestError, refuse_origin

HERE = "http://127.0.0.1:8080"


@pytest.mark.parametrize("origin", [None, HERE, "http://localhost:8080", "http://[::1]:8080"])
def test_this_machine_is_one_place_by_whichever_of_its_names(origin: str | None) -> None:
    refuse_origin(origin, HERE)


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:9090",
        "https://localhost:8080",
        "http://localhost.example:8080",
        "http://127.0.0.1.example:8080",
        "http://example.com",
        "null",
        "",
    ],
)
def test_other_places_are_refused(origin: str) -> None:
    with pytest.raises(ForgedRequestError, match="must come from http"):
        refuse_origin(origin, HERE)


def test_a_public_server_is_not_its_own_loopback() -> None:
    with pytest.raises(ForgedRequestError):
        refuse_origin("http://localhost:8080", "https://ai.example.com")
