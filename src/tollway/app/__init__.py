"""The composition root: the one place that names concrete parts and wires them together."""

from tollway.app.background import supervise
from tollway.app.report import StartReport, start_warnings, unknown_models
from tollway.app.serve import serve

__all__ = ["StartReport", "serve", "start_warnings", "supervise", "unknown_models"]
