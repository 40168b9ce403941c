"""``tollway openapi``: the API's description."""

import sys

import msgspec

from tollway.cli.operator_catalog import load_catalog
from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings


def openapi(data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Print the OpenAPI document of this server's endpoints, indented unless --json asks for one line."""
    from tollway.http.asgi.openapi import document

    settings = read_settings(data_dir, config)
    server = settings.server
    public_url = server.public_url or f"http://{server.host}:{server.port}"
    catalog = load_catalog(settings)
    models = tuple(model for model in catalog.all() if model.price is not None) or catalog.all()
    text = msgspec.json.encode(document(models, public_url))
    sys.stdout.write((text if as_json else msgspec.json.format(text)).decode() + "\n")
