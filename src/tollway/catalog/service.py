"""The models on offer, looked up by any of their names."""

from collections.abc import Iterable
from difflib import get_close_matches

from tollway.catalog.errors import UnknownModelError
from tollway.catalog.types import Model

FEATURED_TAG = "featured"
_SHOWN_NAME_LENGTH_MAX = 128


class Catalog:
    """An immutable set of models. Names are compared without regard to case."""

    def __init__(self, models: Iterable[Model]) -> None:
        """Take models whose names are unique and in lower case, as ``load_models`` returns them."""
        given = tuple(models)
        offered = (model for model in given if model.enabled and model.successor is None)
        self._offered = tuple(sorted(offered, key=lambda model: (FEATURED_TAG not in model.tags, model.id)))
        self._by_name = {name: model for model in self._offered for name in (model.id, *model.aliases)}
        self._successors = {
            name: model.successor
            for model in given
            if model.successor is not None
            for name in (model.id, *model.aliases)
        }

    def all(self) -> tuple[Model, ...]:
        """Every model that is offered, also those without a price: featured ones first, then by id."""
        return self._offered

    def resolve(self, name: str) -> Model:
        """Find a model by its id or an alias.

        Raises:
            UnknownModelError: no such model is offered; the message names the successor of a deprecated one, or a
                model whose name is much alike.
        """
        model = self._by_name.get(name) or self._by_name.get(name.lower())
        if model is None:
            raise self._unknown(name)
        return model

    def _unknown(self, name: str) -> UnknownModelError:
        shown = name[:_SHOWN_NAME_LENGTH_MAX]
        successor = self._successors.get(name.lower())
        if successor is not None:
            message = f"The model '{shown}' is deprecated and no longer offered. Use '{successor}' instead."
            return UnknownModelError(message, param="model", code="model_deprecated")
        # The comparison is quadratic in the length of the name, which the caller chooses: so it sees the shown part.
        near = get_close_matches(shown.lower(), self._by_name, n=1)
        hint = f" Did you mean '{self._by_name[near[0]].id}'?" if near else " GET /v1/models lists the models on offer."
        return UnknownModelError(f"The model '{shown}' does not exist.{hint}", param="model")
