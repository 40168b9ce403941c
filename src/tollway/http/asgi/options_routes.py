"""What a path takes, for everybody who asks with OPTIONS and is no browser's preflight."""

from collections import defaultdict
from collections.abc import Iterable

from litestar import Response, route
from litestar.handlers import HTTPRouteHandler

from tollway.http.service.access import ACCESS, Access


def options_routes(handlers: Iterable[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """Make a route for OPTIONS of each path; the framework's own would know one of the path's handlers only."""
    methods: dict[str, set[str]] = defaultdict(set)
    for handler in handlers:
        for path in handler.paths:
            methods[path] |= handler.http_methods
    return [_options_route(path, taken) for path, taken in methods.items()]


def _options_route(path: str, methods: set[str]) -> HTTPRouteHandler:
    implied = {"OPTIONS", "HEAD"} if "GET" in methods else {"OPTIONS"}
    allowed = ", ".join(sorted(methods | implied))

    @route(path, http_method="OPTIONS", status_code=204, include_in_schema=False, opt={ACCESS: Access.PUBLIC})
    async def tell_methods() -> Response[None]:
        """List the methods that the path takes."""
        return Response(None, status_code=204, headers={"allow": allowed})

    return tell_methods
