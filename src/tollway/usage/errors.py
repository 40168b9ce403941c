"""How usage refuses."""

from tollway.kit.errors import BadRequestError


class UnknownTimeZoneError(BadRequestError):
    """No time zone has this name; ``name`` is what was given."""

    default_code = "unknown_time_zone"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no time zone {name!r} in the IANA database", param="tz")
        self.name = name
