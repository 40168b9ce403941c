"""A data folder with the history of a busy account: one key, every model, 92 days.

All rows belong to one key, so that every report about it has to look at all of them: no real account is worse. The
statements are SQLite's own, because ten million rows through Python would take half an hour.
"""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tollway.kit.database import database_path
from tollway.kit.ids import inference_id_floor
from tollway.usage.types import SLOT_MS, WIDE_SLOT_MS

DAYS = 92
DAY_MS = 86_400_000
_PRAGMAS = ("journal_mode = MEMORY", "synchronous = OFF", "cache_size = -1000000", "foreign_keys = OFF")

_WALLET = """
INSERT INTO ledger_accounts (kind, account_id, posted_credits, held_credits, created_at_ms)
SELECT 'wallet', :account, 0, 0, :first_ms
WHERE NOT EXISTS (SELECT 1 FROM ledger_accounts WHERE account_id = :account)
"""
# One row in fifty has failed, and cost nothing.
_INFERENCES = """
WITH RECURSIVE
numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < :rows),
calls AS (
    SELECT i, i % 50 = 49 AS failed, :first_ms + i * :span_ms / :rows AS at_ms, 200 + i * 7919 % 2000 AS input,
        50 + i * 104729 % 900 AS output, (SELECT model_id FROM offered WHERE number = i * 7919 % :models) AS model_id
    FROM numbers
),
priced AS (SELECT *, CASE WHEN failed THEN 0 ELSE (input * 175 + output * 695 + 499) / 500 END AS charged FROM calls)
INSERT INTO inferences (inference_id, account_id, key_id, key_prefix, model_id, upstream, status, origin, stream,
    input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, rate_card_version, hold_credits,
    charged_credits, absorbed_credits, finish_reason, estimated, client_disconnected, error_code, client_request_id,
    started_at_ms, finished_at_ms, ttft_ms, attempts, output_limit_tokens, hold_policy)
SELECT id_floor(at_ms) || printf('%014d', i), :account, :key, :prefix, model_id, 'mock',
    iif(failed, 'failed', 'succeeded'), 'api', i % 2, input, 0, output, output / 2, 1, charged + 1000, charged, 0,
    iif(failed, NULL, 'stop'), 0, 0, iif(failed, 'upstream_failed', NULL), NULL, at_ms, at_ms + 1500, 200, '[]', 4096,
    'default'
FROM priced
"""
_HOLDS = """
INSERT INTO holds
SELECT inference_id, account_id, key_id, model_id, 1, hold_credits, iif(status = 'failed', 'voided', 'settled'),
    started_at_ms - started_at_ms % 86400000, started_at_ms, finished_at_ms
FROM inferences WHERE key_id = :key
"""
_CHARGES = """
INSERT INTO transfers (debit_id, credit_id, amount_credits, kind, hold_id, reference_id, created_at_ms)
SELECT (SELECT id FROM ledger_accounts WHERE account_id = :account), 1, charged_credits, 'MODEL_USAGE', inference_id,
    NULL, finished_at_ms
FROM inferences WHERE key_id = :key AND status = 'succeeded'
"""
_ROLLUPS = """
INSERT INTO usage_rollups
SELECT key_id, started_at_ms - started_at_ms % :slot_ms, model_id, sum(status = 'succeeded'), sum(status = 'failed'),
    sum(charged_credits > 0), sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(reasoning_tokens),
    sum(charged_credits)
FROM inferences WHERE key_id = :key GROUP BY 1, 2, 3
"""
_WIDE_ROLLUPS = """
INSERT INTO usage_wide_rollups
SELECT key_id, slot_ms - slot_ms % :wide_slot_ms, model_id, sum(succeeded), sum(failed), sum(charged),
    sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(reasoning_tokens), sum(charged_credits)
FROM usage_rollups WHERE key_id = :key GROUP BY 1, 2, 3
"""
_KEY_SPEND = """
INSERT INTO key_spend
SELECT key_id, started_at_ms - started_at_ms % 86400000, sum(charged_credits)
FROM inferences WHERE key_id = :key AND charged_credits > 0 GROUP BY 1, 2
"""
# A payment covers what was spent and leaves something.
_PAYMENT = """
INSERT INTO transfers (debit_id, credit_id, amount_credits, kind, hold_id, reference_id, created_at_ms)
SELECT 2, (SELECT id FROM ledger_accounts WHERE account_id = :account), sum(charged_credits) + 2000000000, 'PAYMENT',
    NULL, 'history', :first_ms - 1000
FROM inferences WHERE key_id = :key
"""
_BALANCES = """
WITH moved AS (
    SELECT debit_id AS id, -sum(amount_credits) AS amount FROM transfers GROUP BY 1
    UNION ALL SELECT credit_id, sum(amount_credits) FROM transfers GROUP BY 1
)
UPDATE ledger_accounts
SET posted_credits = (SELECT coalesce(sum(amount), 0) FROM moved WHERE moved.id = ledger_accounts.id)
"""
_STATEMENTS = (
    _WALLET,
    _INFERENCES,
    _HOLDS,
    _CHARGES,
    _ROLLUPS,
    _WIDE_ROLLUPS,
    _KEY_SPEND,
    _PAYMENT,
    _BALANCES,
)


def fill(data: Path, *, account_id: int, key_id: int, models: Sequence[str], rows: int) -> float:
    """Add that many inferences of the models, with holds, charges and roll-ups; the server must not run.

    Returns:
        Seconds that it took.
    """
    started_s = time.monotonic()
    with closing(sqlite3.connect(database_path(data), isolation_level=None)) as connection:
        connection.create_function("id_floor", 1, inference_id_floor, deterministic=True)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        connection.execute("CREATE TEMP TABLE offered (number INTEGER PRIMARY KEY, model_id TEXT)")
        connection.executemany("INSERT INTO offered VALUES (?, ?)", list(enumerate(models)))
        prefix = connection.execute("SELECT prefix FROM keys WHERE id = ?", (key_id,)).fetchone()[0]
        now_ms = int(time.time() * 1000)
        values = {
            "rows": rows,
            "first_ms": now_ms - DAYS * DAY_MS + SLOT_MS,
            "span_ms": DAYS * DAY_MS - 2 * SLOT_MS,
            "account": account_id,
            "key": key_id,
            "prefix": prefix,
            "models": len(models),
            "slot_ms": SLOT_MS,
            "wide_slot_ms": WIDE_SLOT_MS,
        }
        for statement in _STATEMENTS:
            connection.execute(statement, values)
        connection.execute("COMMIT")
        connection.execute("PRAGMA optimize")
        connection.execute("PRAGMA journal_mode = WAL")
    return time.monotonic() - started_s
