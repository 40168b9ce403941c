"""The shapes of the models' speed."""

from msgspec import Struct

from tollway.kit.clock import MomentText, iso_utc
from tollway.usage.model_metrics import WINDOW_S, ModelSpeed, Percentiles, Speeds

CHAT_ENDPOINT = "/v1/chat/completions"


class MeasuredModel(Struct):
    """One model that answered within the window."""

    alias: str
    endpoint: str
    metrics: ModelSpeed


class SpeedReport(Struct):
    """Percentiles by model over the sliding window."""

    window_seconds: int
    generated_at: MomentText
    models: list[MeasuredModel]


EXAMPLE_REPORT = SpeedReport(
    window_seconds=WINDOW_S,
    generated_at="2026-08-01T12:00:00.000Z",
    models=[
        MeasuredModel(
            alias="baidu/ernie-x1-turbo-32k",
            endpoint=CHAT_ENDPOINT,
            metrics=ModelSpeed(
                ttft_ms=Percentiles(p50=310.0, p75=402.0, p90=655.0, p99=1210.0),
                tps=Percentiles(p50=41.0, p75=44.0, p90=47.0, p99=52.0),
                duration_ms=Percentiles(p50=4200.0, p75=6100.0, p90=9800.0, p99=17000.0),
            ),
        )
    ],
)


def speed_report(speeds: Speeds, wanted: dict[str, str] | None) -> SpeedReport:
    """Describe the speeds; with ``wanted``, those of these models only, under the names that they were asked by."""
    names = {model_id: model_id for model_id in speeds.models} if wanted is None else wanted
    models = [
        MeasuredModel(alias, CHAT_ENDPOINT, speeds.models[model_id])
        for alias, model_id in names.items()
        if model_id in speeds.models
    ]
    return SpeedReport(WINDOW_S, iso_utc(speeds.generated_at_ms), models)
