import msgspec

from tests.support.ledger import inference_record
from tollway.usage.service import inference_row
from tollway.usage.tables import inferences
from tollway.usage.types import AttemptRecord


def test_a_row_has_the_columns_in_the_order_of_the_table() -> None:
    attempts = (
        AttemptRecord(upstream="first", outcome="timeout", status=504, duration_ms=30),
        AttemptRecord(upstream="second", outcome="answered", status=200, duration_ms=12),
    )
    record = msgspec.structs.replace(inference_record("an-inference", charged=7), attempts=attempts)

    row = dict(zip([column.name for column in inferences.columns], inference_row(record), strict=True))

    stored_attempts = row.pop("attempts")
    assert row == {name: value for name, value in msgspec.structs.asdict(record).items() if name != "attempts"}
    assert msgspec.json.decode(str(stored_attempts), type=tuple[AttemptRecord, ...]) == attempts
