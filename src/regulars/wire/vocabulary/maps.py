"""Tables whose keys are the shop's own names, of a shape themselves."""

from typing import Any

from msgspec import Struct

from regulars.wire.document import Place
from regulars.wire.shapes import Scalar, Schema


class MapBy(Struct, frozen=True):
    """A table whose keys are of a shape, too. Gives pairs in the order written."""

    key: Scalar
    value: Any
    expected: str

    def read(self, place: Place) -> tuple[tuple[Any, Any], ...] | None:
        if not place.is_table or place.is_empty:
            place.wrong(f"expected {self.expected}; found {place.found}")
            return None
        pairs = [(self.key.read(key), self.value.read(value)) for _, key, value in place.entries()]
        return tuple([pair for pair in pairs if None not in pair])

    def schema(self) -> Schema:
        return {
            "type": "object",
            "additionalProperties": self.value.schema(),
            "propertyNames": self.key.as_schema,
            "minProperties": 1,
        }
