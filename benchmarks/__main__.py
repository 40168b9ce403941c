"""Measure Tollway beside other gateways and print one table: `python -m benchmarks [--quick] [--write]`."""

import argparse
import contextlib
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import structs

from benchmarks import install, own, peers, report, reports, scenarios, web_app
from benchmarks.disk import commit_time_ms
from benchmarks.peers import OWN, Peer
from benchmarks.processes import ProgramMissingError
from benchmarks.results import Results
from benchmarks.scenarios import FULL, LAST, ONCE, ONE_ROUND_WHEN_QUICK, QUICK, ROUNDS, Bench

_OF_PEERS = (*ONCE, *ROUNDS, *LAST)
_OF_OWN = ("start", "growth", "soak", "reports", "web-app")
_QUIET_LOAD = 1.5
_QUIET_WITHIN_S = 120.0
_SOAK_S = 600.0
_GROWTH = {"keys": 100_000, "rows": 10_000_000, "rounds": 5}
_QUICK_GROWTH = {"keys": 10_000, "rows": 200_000, "rounds": 2}
# What a quick run leaves out unless it is asked for by name.
_LONG = ("ceiling", "soak", "reports", "web-app")


def main() -> None:
    """Measure what was asked for."""
    arguments = _arguments()
    chosen = _chosen(arguments)
    effort = QUICK if arguments.quick else structs.replace(FULL, rounds=arguments.rounds)
    results = Results()
    versions: list[str] = []
    commits_ms = [commit_time_ms()]
    if (load := _quiet_load()) > _QUIET_LOAD:
        results.remark(f"The machine was busy with something else (load average {load:.1f}): do not trust the figures.")
    try:
        install.debian_program("wrk")
    except ProgramMissingError as error:
        sys.exit(f"make bench needs more than Python packages: {error}.")
    if any(name in chosen for name in _OF_PEERS):
        versions = _compare(effort, results, chosen, arguments.peers, commits_ms)
    more = _measure_own(effort, results, chosen, arguments)
    command = shlex.join(["make", "bench", *([f"ARGS={shlex.join(sys.argv[1:])}"] if sys.argv[1:] else [])])
    conditions = report.Conditions(
        rounds=effort.rounds, commits_ms=tuple(commits_ms), command=command, versions=tuple(versions)
    )
    table = report.lines_of(results, conditions) if results.programs() else []
    print("\n\n".join("\n".join(lines) for lines in (table, *more) if lines))
    if arguments.write:
        report.write_page(results, conditions, more)


def _quiet_load() -> float:
    """Return the load average, after a wait for what was going on before, such as an installation, to wear off."""
    deadline = time.monotonic() + _QUIET_WITHIN_S
    while (load := os.getloadavg()[0]) > _QUIET_LOAD and time.monotonic() < deadline:
        time.sleep(1)
    return load


def _measure_own(
    effort: scenarios.Effort, results: Results, chosen: Sequence[str], arguments: argparse.Namespace
) -> list[list[str]]:
    """Measure what is asked of the product alone and return the tables beside the one of the comparison."""
    more = []
    with _upstream() as (folder, upstream):
        if "start" in chosen:
            for time_s in own.measure_starts(_home(folder, "starts"), upstream.port):
                results.add("start", OWN, time_s)
        if "growth" in chosen:
            sizes, duration_s = _QUICK_GROWTH if arguments.quick else _GROWTH, effort.throughput_s
            home = _home(folder, "growth")
            more.append(report.growth_lines(own.measure_growth(home, upstream.port, **sizes, duration_s=duration_s)))
        if "soak" in chosen:
            soak = own.measure_soak(_home(folder, "soak"), upstream.port, seconds=arguments.soak_seconds)
            more.append(report.soak_lines(soak))
        if "reports" in chosen:
            rows = reports.ROWS // 10 if arguments.quick else reports.ROWS
            times, size_gb = reports.measure_reports(_home(folder, "reports"), rows)
            more.append(reports.report_lines(times, rows=rows, size_gb=size_gb))
        if "web-app" in chosen:
            loads, streams = (3, 1) if arguments.quick else (9, 3)
            measured = web_app.measure_web_app(_home(folder, "web-app"), loads=loads, streams=streams)
            more.append(web_app.web_app_lines(*measured))
    return more


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter rounds and smaller sizes: about three minutes")
    parser.add_argument("--only", metavar="SCENARIO", choices=(*_OF_PEERS, *_OF_OWN), help="measure one scenario")
    parser.add_argument("--peers", metavar="A,B", type=_peers, default=tuple(peers.STARTERS), help="compare with these")
    parser.add_argument("--rounds", type=int, default=FULL.rounds, help="alternating rounds of a full run")
    parser.add_argument("--without", metavar="A,B", type=_scenarios, default=(), help="leave these scenarios out")
    parser.add_argument("--soak", action="store_true", help="only the soak: ten minutes of load, memory sampled")
    parser.add_argument("--soak-seconds", type=float, default=_SOAK_S, help="how long a soak takes")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md with its chart")
    return parser.parse_args()


def _peers(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := [name for name in names if name not in peers.STARTERS]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: there are {', '.join(peers.STARTERS)}")
    return names


def _scenarios(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := [name for name in names if name not in (*_OF_PEERS, *_OF_OWN)]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: there are {', '.join((*_OF_PEERS, *_OF_OWN))}")
    return names


def _chosen(arguments: argparse.Namespace) -> tuple[str, ...]:
    if arguments.soak:
        return ("soak",)
    if arguments.only:
        return (arguments.only,)
    left_out = (*arguments.without, *(_LONG if arguments.quick else ("soak",)))
    return tuple(name for name in (*_OF_PEERS, *_OF_OWN) if name not in left_out)


def _compare(
    effort: scenarios.Effort, results: Results, chosen: Sequence[str], names: Sequence[str], commits_ms: list[float]
) -> list[str]:
    """Start everything, alternate rounds over all of it, and return what was compared in which version.

    The disk's commit time of each round is added to the last argument.
    """
    with _upstream() as (folder, upstream), contextlib.ExitStack() as stack:
        contestants, versions = [upstream], []
        for name in names:
            try:
                peer = stack.enter_context(peers.STARTERS[name](_home(folder, name), upstream.port))
            except (ProgramMissingError, RuntimeError) as error:
                results.remark(f"{name} is not in the table: {' '.join(str(error).split())[-400:]}")
                continue
            contestants.append(peer)
            versions.append(f"{peer.name} {peer.version}".strip())
        bench = Bench(effort, folder, results)
        _run_all(bench, contestants, {name: one for name, one in ONCE.items() if name in chosen})
        for number in range(effort.rounds):
            sys.stderr.write(f"round {number + 1} of {effort.rounds}\n")
            is_short = number > 0 and effort is QUICK
            asked = [peer for peer in contestants if not (is_short and peer.slow)]
            left_out = ONE_ROUND_WHEN_QUICK if is_short else frozenset()
            _run_all(
                bench, asked, {name: one for name, one in ROUNDS.items() if name in chosen and name not in left_out}
            )
            commits_ms.append(commit_time_ms())
        _run_all(bench, contestants, {name: one for name, one in LAST.items() if name in chosen})
    return versions


def _run_all(bench: Bench, contestants: Sequence[Peer], chosen: dict[str, scenarios.Scenario]) -> None:
    for name, scenario in chosen.items():
        for peer in contestants:
            began = time.monotonic()
            try:
                scenario(bench, peer)
            except (OSError, RuntimeError) as error:
                bench.results.remark(f"{peer.name}, {name}: {' '.join(str(error).split())[:200]}")
            sys.stderr.write(f"  {name}, {peer.name}: {time.monotonic() - began:.1f} s\n")


@contextlib.contextmanager
def _upstream() -> Iterator[tuple[Path, Peer]]:
    with tempfile.TemporaryDirectory(prefix="tollway-bench-") as folder, peers.mock(Path(folder)) as upstream:
        yield Path(folder), upstream


def _home(folder: Path, name: str) -> Path:
    home = folder / name
    home.mkdir()
    return home


if __name__ == "__main__":
    main()
