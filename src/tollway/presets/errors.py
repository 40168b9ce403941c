"""How presets refuse."""

from tollway.kit.errors import BadRequestError, ConflictError, NotFoundError


class WrongPresetFieldError(BadRequestError):
    """A field of a preset is out of range."""

    default_code = "invalid_preset_field"

    def __init__(self, field: str, expected: str, received: str) -> None:
        super().__init__(f"{field}: expected {expected}, received {received}", param=field)


class UnknownPresetError(NotFoundError):
    """The account has no such preset, or, for those who follow a link, none is shared under it any more."""

    default_code = "preset_not_found"


class PresetExistsError(ConflictError):
    """Another preset of the account has this name."""

    default_code = "preset_exists"


class TooManyPresetsError(ConflictError):
    """The account has as many presets as it may have."""

    default_code = "too_many_presets"
