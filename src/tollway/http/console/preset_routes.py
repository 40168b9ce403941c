"""Presets of the playground over HTTP."""

from typing import Annotated, Any

from litestar import Request, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, SkipValidation
from msgspec import UNSET, Meta, Struct, UnsetType

from tollway.http.console.preset_views import (
    EXAMPLE_PRESET,
    EXAMPLE_SETTINGS,
    EXAMPLE_SHARED,
    EXAMPLE_TOKEN,
    PresetEntry,
    PresetList,
    SharedPreset,
    ShareToken,
    preset_entry,
    shared_preset,
)
from tollway.http.service.access import ACCESS, Access, SessionCaller
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.requests import read_json
from tollway.http.service.types import ServiceDependencies
from tollway.presets.service import MODEL_LENGTH_MAX, NAME_LENGTH_MAX, PRESETS_MAX, SETTINGS_BYTES_MAX
from tollway.presets.types import NewPreset, PresetChange

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Person = NamedDependency[SkipValidation[SessionCaller]]
_TAGS = ["Console: presets"]
_PATH = "/console/v1/presets"
_ONE = _PATH + "/{preset_id:str}"
_UNKNOWN = refusal("The account has no such preset.")
_TAKEN = refusal(f"Another preset has the name, or the account has {PRESETS_MAX} presets.")
PresetId = Annotated[str, PathParameter(description="The preset's id.")]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX, description="What to call it.")]
ModelName = Annotated[str, Meta(min_length=1, max_length=MODEL_LENGTH_MAX, description="Id or alias of the model.")]
Settings = Annotated[
    dict[str, Any],
    Meta(
        description="Messages, parameters, tools and whatever else the playground keeps; "
        f"at most {SETTINGS_BYTES_MAX // 1024} KiB of JSON."
    ),
]


class NewPresetBody(Struct, forbid_unknown_fields=True):
    """The wish for a preset."""

    name: Name
    model: ModelName
    settings: Settings


class PresetChangeBody(Struct, forbid_unknown_fields=True):
    """What to change of a preset; what is left out stays."""

    name: Name | UnsetType = UNSET
    model: ModelName | UnsetType = UNSET
    settings: Settings | UnsetType = UNSET


@get(
    _PATH,
    tags=_TAGS,
    summary="List one's presets",
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=PresetList("list", [EXAMPLE_PRESET]))},
)
async def list_presets(deps: Dependencies, caller: Person) -> PresetList:
    """List every preset of the account, in the order of their names."""
    found = await deps.own_presets.list_all(caller.account_id)
    return PresetList("list", [preset_entry(preset) for preset in found])


@post(
    _PATH,
    tags=_TAGS,
    summary="Save a preset",
    status_code=201,
    opt={
        ACCESS: Access.SESSION,
        DESCRIBED: Described(
            takes=NewPresetBody,
            example={"name": "One sentence", "model": "baidu/ernie-x1-turbo-32k", "settings": EXAMPLE_SETTINGS},
            answer=EXAMPLE_PRESET,
        ),
    },
    responses={409: _TAKEN},
)
async def create_preset(request: Request[Any, Any, Any], deps: Dependencies, caller: Person) -> PresetEntry:
    """Save a model with its settings under a name that no other preset of the account has."""
    body = await read_json(request, NewPresetBody)
    new = NewPreset(name=body.name, model=body.model, settings=body.settings)
    return preset_entry(await deps.own_presets.create(caller.account_id, new))


@patch(
    _ONE,
    tags=_TAGS,
    summary="Change a preset",
    opt={
        ACCESS: Access.SESSION,
        DESCRIBED: Described(takes=PresetChangeBody, example={"name": "Two sentences"}, answer=EXAMPLE_PRESET),
    },
    responses={404: _UNKNOWN, 409: refusal("Another preset has the name.")},
)
async def change_preset(
    request: Request[Any, Any, Any], deps: Dependencies, caller: Person, preset_id: PresetId
) -> PresetEntry:
    """Rename a preset, or save other settings in it. Whoever has its link sees the change."""
    body = await read_json(request, PresetChangeBody)
    change = PresetChange(name=body.name, model=body.model, settings=body.settings)
    return preset_entry(await deps.own_presets.update(caller.account_id, preset_id, change))


@delete(
    _ONE,
    tags=_TAGS,
    summary="Delete a preset",
    status_code=204,
    opt={ACCESS: Access.SESSION},
    responses={404: _UNKNOWN},
)
async def delete_preset(deps: Dependencies, caller: Person, preset_id: PresetId) -> None:
    """Delete a preset for good; its link leads nowhere then."""
    await deps.own_presets.delete(caller.account_id, preset_id)


@post(
    _ONE + "/share",
    tags=_TAGS,
    summary="Share a preset",
    status_code=200,
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=EXAMPLE_TOKEN)},
    responses={404: _UNKNOWN},
)
async def share_preset(deps: Dependencies, caller: Person, preset_id: PresetId) -> ShareToken:
    """Let every signed-in person of this server who has the token read the preset. Again, it is the same token."""
    return ShareToken(await deps.own_presets.share(caller.account_id, preset_id))


@delete(
    _ONE + "/share",
    tags=_TAGS,
    summary="Share a preset no longer",
    status_code=204,
    opt={ACCESS: Access.SESSION},
    responses={404: _UNKNOWN},
)
async def unshare_preset(deps: Dependencies, caller: Person, preset_id: PresetId) -> None:
    """Make the token worthless; sharing the preset again makes another one."""
    await deps.own_presets.unshare(caller.account_id, preset_id)


@get(
    "/console/v1/shared-presets/{token:str}",
    tags=_TAGS,
    summary="Read a shared preset",
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=EXAMPLE_SHARED)},
    responses={404: refusal("Nothing is shared under this token, or no longer.")},
)
async def show_shared_preset(
    deps: Dependencies, token: Annotated[str, PathParameter(description="What sharing the preset answered.")]
) -> SharedPreset:
    """Return a preset that somebody shares. Whose it is, is not told."""
    return shared_preset(await deps.own_presets.shared(token))
