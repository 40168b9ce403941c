"""``tollway openapi``: the API's description."""

import sys

import msgspec

from tollway.cli.errors import CommandFailedError
from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings


def openapi(data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Print the OpenAPI document of this server's endpoints, indented unless --json asks for one line."""
    from tollway.catalog.errors import CatalogError
    from tollway.catalog.loader import load_models
    from tollway.catalog.service import Catalog
    from tollway.http.service.openapi import document

    settings = read_settings(data_dir, config)
    server = settings.server
    public_url = server.public_url or f"http://{server.host}:{server.port}"
    try:
        catalog = Catalog(load_models(settings.catalog_dir))
    except CatalogError as error:
        raise CommandFailedError(str(error)) from error
    text = msgspec.json.encode(document(catalog, public_url))
    sys.stdout.write((text if as_json else msgspec.json.format(text)).decode() + "\n")
