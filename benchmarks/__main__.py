"""Measure and print the table: `python -m benchmarks [--quick]`."""

import argparse
import contextlib
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks import peers, reports, web_app
from benchmarks.disk import commit_time_ms
from benchmarks.load import Latency, Throughput, measure_latency, measure_throughput, write_script
from benchmarks.processes import LOAD_CORE, ProgramMissingError, free_port, running
from benchmarks.report import Row, print_table

CALLERS = 64


def main() -> None:
    """Alternate rounds over all peers, so that a drift of the machine meets all of them alike."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    arguments = parser.parse_args()
    rounds, duration_s, requests = (3, 3, 1_000) if arguments.quick else (5, 8, 4_000)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        try:
            rows = measure(stack, Path(folder), rounds, duration_s, requests)
        except ProgramMissingError as error:
            sys.exit(f"make bench needs more than Python packages: {error}.")
    print_table(rows, rounds=rounds, callers=CALLERS, commit_ms=commit_time_ms())
    calls = reports.ROWS // 10 if arguments.quick else reports.ROWS
    with tempfile.TemporaryDirectory() as folder:
        times, size_gb = reports.measure_reports(Path(folder), calls)
    reports.print_reports(times, rows=calls, size_gb=size_gb)
    loads, streams = (3, 1) if arguments.quick else (9, 3)
    with tempfile.TemporaryDirectory() as folder:
        web_app.print_web_app(*web_app.measure_web_app(Path(folder), loads=loads, streams=streams))


def measure(stack: contextlib.ExitStack, folder: Path, rounds: int, duration_s: int, requests: int) -> list[Row]:
    """Run everything and return one row a peer; the first is the mock upstream alone."""
    mock_port = free_port()
    command = [sys.executable, "-m", "benchmarks.mock_upstream", str(mock_port)]
    stack.enter_context(running(command, core=LOAD_CORE, port=mock_port, log=folder / "mock.log"))
    contestants = [peers.Peer("mock upstream alone", mock_port)]
    for start in (peers.nginx, peers.tollway, peers.starlette):
        home = folder / start.__name__
        home.mkdir()
        contestants.append(stack.enter_context(start(home, mock_port)))
    throughput: dict[str, list[Throughput]] = {peer.name: [] for peer in contestants}
    latency: dict[str, list[Latency]] = {peer.name: [] for peer in contestants}
    for number in range(rounds):
        sys.stderr.write(f"round {number + 1} of {rounds}\n")
        for peer in contestants:
            latency[peer.name].append(measure_latency(peer.port, peer.token, requests=requests))
            script = write_script(folder, peer.token)
            measured = measure_throughput(peer.port, script, callers=CALLERS, duration_s=duration_s)
            throughput[peer.name].append(measured)
    return [_row(peer.name, throughput[peer.name], latency[peer.name]) for peer in contestants]


def _row(name: str, throughput: list[Throughput], latency: list[Latency]) -> Row:
    rates = [one.requests_per_s for one in throughput]
    return Row(
        name=name,
        requests_per_s=statistics.median(rates),
        spread=(min(rates), max(rates)),
        errors=sum(one.errors for one in throughput),
        p50_ms=statistics.median([one.p50_ms for one in latency]),
        p99_ms=statistics.median([one.p99_ms for one in latency]),
    )


if __name__ == "__main__":
    main()
