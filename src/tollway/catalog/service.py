"""The models on offer, looked up by any of their names."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from msgspec import Struct

from tollway.catalog.errors import UnknownModelError
from tollway.catalog.types import Model

FEATURED_TAG = "featured"
_SHOWN_NAME_LENGTH_MAX = 128


class _View(Struct, frozen=True):
    """What the switches of one moment make of the models: those on offer in their order, and by each of their names."""

    offered: tuple[Model, ...]
    by_name: dict[str, Model]
    switches: Mapping[str, bool]


class Catalog:
    """The models of the files, some of which the operator may have switched off. Names are compared without case."""

    def __init__(self, models: Iterable[Model], switches: Mapping[str, bool] | None = None) -> None:
        """Take models whose names are unique and in lower case, as ``load_models`` returns them."""
        self._every = tuple(sorted(models, key=lambda model: (FEATURED_TAG not in model.tags, model.id)))
        self._every_by_name = _by_name(self._every)
        self._view = self._view_of(switches or {})

    def switch(self, switches: Mapping[str, bool]) -> None:
        """Replace the operator's switches: by a model's id whether it is offered; others are as their files say."""
        self._view = self._view_of(switches)

    def all(self) -> tuple[Model, ...]:
        """Every model that is offered, also those without a price: featured ones first, then by id."""
        return self._view.offered

    def every(self) -> tuple[Model, ...]:
        """Every model that there is a file of, also those that are not offered: featured ones first, then by id."""
        return self._every

    def is_enabled(self, model: Model) -> bool:
        """Say whether a model is on: by the operator's switch, or by its file where the operator has none."""
        return self._view.switches.get(model.id, model.enabled)

    def resolve(self, name: str) -> Model:
        """Find a model on offer by its id or an alias.

        Raises:
            UnknownModelError: no such model is offered; the message names the successor of a deprecated one, or a
                model whose name is much alike.
        """
        by_name = self._view.by_name
        model = by_name.get(name) or by_name.get(name.lower())
        if model is None:
            raise self._unknown(name)
        return model

    def find(self, name: str) -> Model:
        """Find a model by its id or an alias, whether it is offered or not.

        Raises:
            UnknownModelError: there is none of that name.
        """
        model = self._every_by_name.get(name.lower())
        if model is None:
            raise self._unknown(name)
        return model

    def _view_of(self, switches: Mapping[str, bool]) -> _View:
        offered = tuple(
            model for model in self._every if model.successor is None and switches.get(model.id, model.enabled)
        )
        return _View(offered, _by_name(offered), dict(switches))

    def _unknown(self, name: str) -> UnknownModelError:
        shown = name[:_SHOWN_NAME_LENGTH_MAX]
        known = self._every_by_name.get(name.lower())
        if known is not None:
            return self._not_offered(shown, known)
        # The comparison is quadratic in the length of the name, which the caller chooses: so it sees the shown part.
        by_name = self._view.by_name
        near = get_close_matches(shown.lower(), by_name, n=1)
        hint = f" Did you mean '{by_name[near[0]].id}'?" if near else " GET /v1/models lists the models on offer."
        return UnknownModelError(f"The model '{shown}' does not exist.{hint}", param="model")

    def _not_offered(self, shown: str, model: Model) -> UnknownModelError:
        if model.successor is None:
            message = f"The model '{shown}' is not offered: the operator of this server has disabled it."
            return UnknownModelError(message, param="model", code="model_disabled")
        # A successor that is switched off itself would be bad advice.
        advice = (
            f" Use '{model.successor}' instead."
            if model.successor in self._view.by_name
            else " GET /v1/models lists the models on offer."
        )
        message = f"The model '{shown}' is deprecated and no longer offered.{advice}"
        return UnknownModelError(message, param="model", code="model_deprecated")


def _by_name(models: Iterable[Model]) -> dict[str, Model]:
    return {name: model for model in models for name in (model.id, *model.aliases)}
