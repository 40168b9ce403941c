"""A data folder with the history of a busy account: one key, every model, 92 days.

All rows belong to one key, so that every report about it has to look at all of them: no real account is worse. The
statements are SQLite's own, because ten million rows through Python would take half an hour.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tollway.kit.database import database_path
from tollway.kit.ids import _ORDERED  # noqa: PLC2701 - The rows need ids in the product's own order.
from tollway.usage.types import SLOT_MS

DAYS = 92
DAY_MS = 86_400_000
_NUMBERS = "WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < :rows)"
_MOMENT = "(:first_ms + i * :span_ms / :rows)"
_ID = " || ".join(f"substr(:alphabet, (({_MOMENT} >> {shift}) & 63) + 1, 1)" for shift in (36, 30, 24, 18, 12, 6, 0))
_ID += " || printf('%014d', i)"
# One row in fifty has failed, and cost nothing.
_FAILED = "(i % 50 = 49)"
_INPUT = "(200 + i * 7919 % 2000)"
_OUTPUT = "(50 + i * 104729 % 900)"
_CHARGED = f"(CASE WHEN {_FAILED} THEN 0 ELSE ({_INPUT} * 175 + {_OUTPUT} * 695 + 499) / 500 END)"


def fill(data: Path, *, account_id: int, key_id: int, rows: int) -> float:
    """Add that many inferences with holds, charges and roll-ups; the server must not run.

    Returns:
        Seconds that it took.
    """
    started_s = time.monotonic()
    with closing(sqlite3.connect(database_path(data), isolation_level=None)) as connection:
        for pragma in ("journal_mode = MEMORY", "synchronous = OFF", "cache_size = -1000000", "foreign_keys = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        models = [row[0] for row in connection.execute("SELECT DISTINCT model_id FROM rate_cards ORDER BY model_id")]
        connection.execute("CREATE TEMP TABLE offered (number INTEGER PRIMARY KEY, model_id TEXT)")
        connection.executemany("INSERT INTO offered VALUES (?, ?)", list(enumerate(models)))
        prefix = connection.execute("SELECT prefix FROM keys WHERE id = ?", (key_id,)).fetchone()[0]
        last_ms = int(time.time() * 1000) - SLOT_MS
        values = {
            "rows": rows, "first_ms": last_ms - DAYS * DAY_MS + 2 * SLOT_MS, "span_ms": DAYS * DAY_MS - 2 * SLOT_MS,
            "alphabet": _ORDERED, "account": account_id, "key": key_id, "prefix": prefix, "models": len(models),
        }  # fmt: skip
        for statement in _statements():
            connection.execute(statement, {name: value for name, value in values.items() if f":{name}" in statement})
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    return time.monotonic() - started_s


def _statements() -> tuple[str, ...]:
    model = "(SELECT model_id FROM offered WHERE number = i * 7919 % :models)"
    return (
        "INSERT INTO ledger_accounts (kind, account_id, posted_credits, held_credits, created_at_ms) "
        "SELECT 'wallet', :account, 0, 0, :first_ms "
        "WHERE NOT EXISTS (SELECT 1 FROM ledger_accounts WHERE account_id = :account)",
        f"{_NUMBERS} INSERT INTO inferences (inference_id, account_id, key_id, key_prefix, model_id, upstream, status, "
        "origin, stream, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, rate_card_version, "
        "hold_credits, charged_credits, absorbed_credits, finish_reason, estimated, client_disconnected, error_code, "
        "client_request_id, started_at_ms, finished_at_ms, ttft_ms, attempts, output_limit_tokens, hold_policy) "
        f"SELECT {_ID}, :account, :key, :prefix, {model}, 'mock', "
        f"CASE WHEN {_FAILED} THEN 'failed' ELSE 'succeeded' END, 'api', i % 2, {_INPUT}, 0, {_OUTPUT}, "
        f"{_OUTPUT} / 2, 1, {_CHARGED} + 1000, {_CHARGED}, 0, CASE WHEN {_FAILED} THEN NULL ELSE 'stop' END, 0, 0, "
        f"CASE WHEN {_FAILED} THEN 'upstream_failed' END, NULL, {_MOMENT}, {_MOMENT} + 1500, 200, '[]', 4096, "
        "'default' FROM numbers",
        "INSERT INTO holds SELECT inference_id, account_id, key_id, model_id, 1, hold_credits, "
        "CASE WHEN status = 'failed' THEN 'voided' ELSE 'settled' END, started_at_ms - started_at_ms % 86400000, "
        "started_at_ms, finished_at_ms FROM inferences WHERE key_id = :key",
        "INSERT INTO transfers (debit_id, credit_id, amount_credits, kind, hold_id, reference_id, created_at_ms) "
        "SELECT (SELECT id FROM ledger_accounts WHERE account_id = :account), 1, charged_credits, 'MODEL_USAGE', "
        "inference_id, NULL, finished_at_ms FROM inferences WHERE key_id = :key AND status = 'succeeded'",
        "INSERT INTO usage_rollups SELECT key_id, started_at_ms - started_at_ms % 900000, model_id, "
        "sum(status = 'succeeded'), sum(status = 'failed'), sum(charged_credits > 0), sum(input_tokens), "
        "sum(cached_input_tokens), sum(output_tokens), sum(reasoning_tokens), sum(charged_credits) "
        "FROM inferences WHERE key_id = :key GROUP BY 1, 2, 3",
        "INSERT INTO key_spend SELECT key_id, started_at_ms - started_at_ms % 86400000, sum(charged_credits) "
        "FROM inferences WHERE key_id = :key GROUP BY 1, 2",
        # A payment covers what was spent and leaves something.
        "INSERT INTO transfers (debit_id, credit_id, amount_credits, kind, hold_id, reference_id, created_at_ms) "
        "SELECT 2, (SELECT id FROM ledger_accounts WHERE account_id = :account), sum(charged_credits) + 2000000000, "
        "'PAYMENT', NULL, 'history', :first_ms - 1000 FROM inferences WHERE key_id = :key",
        "UPDATE ledger_accounts SET posted_credits = "
        "(SELECT coalesce(sum(amount_credits), 0) FROM transfers WHERE credit_id = ledger_accounts.id) - "
        "(SELECT coalesce(sum(amount_credits), 0) FROM transfers WHERE debit_id = ledger_accounts.id)",
    )
