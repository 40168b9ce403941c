"""What is set, over HTTP."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from tollway.http.operator.settings_views import EXAMPLE_SETTINGS, SettingsAnswer, settings_answer
from tollway.http.service.access import ACCESS, Access
from tollway.http.service.described import DESCRIBED, Described
from tollway.http.service.types import ServiceDependencies

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]


@get(
    "/admin/v1/settings",
    tags=["Operator: settings"],
    summary="Show what is set",
    opt={ACCESS: Access.OPERATOR, DESCRIBED: Described(answer=EXAMPLE_SETTINGS)},
)
async def list_settings(deps: Dependencies) -> SettingsAnswer:
    """List every setting with its value, default and meaning, and of each secret whether it is set."""
    return settings_answer(deps.operator.settings)
