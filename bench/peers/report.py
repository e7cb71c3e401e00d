#!/usr/bin/env python3
"""Tables of the measurements of bench/peers.sh.

report.py RESULTS…               prints them; several runs, each of other measures, make one report
report.py RESULTS… --docs DOCS   puts them into DOCS/benchmarks.md, between its marks, and draws DOCS/benchmarks-*.svg
"""

import argparse
from pathlib import Path
from statistics import median

import plots
from measurements import Measurements, baseline, ratios, settled, share, spread, values

START, END = "<!-- figures: bench/peers/report.py -->", "<!-- end of figures -->"


def calls(batch):
    return "one job a call" if batch == 1 else f"{batch:,} jobs a call"


def title(measure, connections, batch):
    verb = {"enqueue": "Enqueue", "process": "Claim and complete"}[measure]
    return f"{verb}: {connections} connections, {calls(batch)}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| --- " * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def rate_rows(queues):
    for queue, durable in list(queues.items()):
        row = [queue]
        for setting in ("on", "off"):
            runs = values(durable[setting])
            others = values(queues[baseline(queue)][setting])
            row += [spread(list(runs.values())), spread(ratios(runs, others), "{:.2f}")]
        yield row


def rates(measurements, measure):
    head = ["queue", "waits for the disk, jobs/s", "to ideamine", "does not wait, jobs/s", "to ideamine"]
    return [
        f"### {title(measure, connections, batch)}\n\n" + table(head, rate_rows(queues))
        for connections, batch, queues in measurements.groups(measure)
    ]


def pick_ups(runs):
    numbers = [number for run in runs.values() for number in run]
    if not numbers:
        return ["–"] * 3
    return [f"{value:.1f}" for value in (share(numbers, 0.5), share(numbers, 0.99), max(numbers))]


def latency(measurements):
    rows = []
    for _, _, queues in measurements.groups("latency"):
        for queue, durable in list(queues.items()):
            rows.append([queue, *pick_ups(durable["on"]), *pick_ups(durable["off"])])
    head = ["queue", "waits for the disk: p50", "p99", "most", "does not wait: p50", "p99", "most"]
    return ["### Pick-up by a sleeping worker, milliseconds after COMMIT\n\n" + table(head, rows)]


def load_rows(free, held):
    for queue, durable in free.items():
        without, under = settled(durable["on"]), settled(held[queue]["on"])
        yield [queue, spread(list(without.values())), spread(list(under.values())), spread(ratios(under, without), "{:.2f}")]


def loads(measurements):
    held = {group[:2]: group[2] for group in measurements.groups("load-under-snapshot")}
    head = ["queue", "jobs/s", "under an open snapshot, jobs/s", "ratio"]
    return [
        f"### Enqueue and process at the same time: {connections} connections, {calls(batch)}\n\n"
        + "Rates of the last third of the time.\n\n"
        + table(head, load_rows(queues, held[connections, batch]))
        for connections, batch, queues in measurements.groups("load")
    ]


def losses(measurements):
    """Rows for whatever was faster than ideamine, with either setting."""
    for measure in ("enqueue", "process"):
        for connections, batch, queues in measurements.groups(measure):
            for queue, durable in list(queues.items()):
                others = queues[baseline(queue)]
                pairs = [ratios(values(durable[s]), values(others[s])) for s in ("on", "off")]
                if "ideamine" not in queue and any(p and median(p) > 1 for p in pairs):
                    yield [title(measure, connections, batch), queue, *(spread(p, "{:.2f}") for p in pairs)]


def report(measurements):
    versions = "\n".join(f"- {name}: {value}" for name, value in measurements.versions.items())
    parts = ["## Figures\n\n" + versions]
    parts += rates(measurements, "enqueue") + rates(measurements, "process")
    if measurements.groups("load"):
        parts += loads(measurements)
    if measurements.groups("latency"):
        parts += latency(measurements)
    lost = list(losses(measurements))
    head = ["measurement", "queue", "times ideamine, waits for the disk", "does not wait"]
    parts.append("### What was faster than ideamine in this run\n\n" + (table(head, lost) if lost else "Nothing."))
    remarks = [f"- {queue}: {kind}: {reason}" for kind, queue, reason in measurements.remarks] or ["All queues ran."]
    parts.append("### Not run\n\n" + "\n".join(remarks))
    return "\n\n".join(parts) + "\n"


def write(docs, text):
    page = docs / "benchmarks.md"
    before, rest = page.read_text(encoding="utf-8").split(START)
    after = rest.split(END)[1]
    page.write_text(f"{before}{START}\n\n{text}\n{END}{after}", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("results", nargs="+")
    parser.add_argument("--docs", type=Path)
    arguments = parser.parse_args()
    measurements = Measurements(arguments.results)
    text = report(measurements)
    if arguments.docs is None:
        print(text)
        return
    images = "\n".join(f"![{name}]({path.name})" for name, path in plots.draw_all(measurements, arguments.docs))
    write(arguments.docs, f"{text}\n{images}\n")


main()
