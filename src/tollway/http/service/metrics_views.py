"""The shapes of the models' speed."""

from msgspec import Struct

from tollway.kit.clock import iso_utc
from tollway.usage.model_metrics import WINDOW_S, ModelSpeed, Speeds

CHAT_ENDPOINT = "/v1/chat/completions"


class MeasuredModel(Struct):
    """One model that answered within the window."""

    alias: str
    endpoint: str
    metrics: ModelSpeed


class SpeedReport(Struct):
    """Percentiles by model over the sliding window."""

    window_seconds: int
    generated_at: str
    models: list[MeasuredModel]


def speed_report(speeds: Speeds, wanted: dict[str, str] | None) -> SpeedReport:
    """Describe the speeds; with ``wanted``, those of these models only, under the names that they were asked by."""
    names = {model_id: model_id for model_id in speeds.models} if wanted is None else wanted
    models = [
        MeasuredModel(alias, CHAT_ENDPOINT, speeds.models[model_id])
        for alias, model_id in names.items()
        if model_id in speeds.models
    ]
    return SpeedReport(WINDOW_S, iso_utc(speeds.generated_at_ms), models)
