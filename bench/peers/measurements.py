"""The lines that bench/peers.sh writes, as groups of numbers."""

from collections import defaultdict
from statistics import median


class Measurements:
    """numbers[measure, connections, batch][queue][durable][run] is the list of the numbers of a run."""

    def __init__(self, paths):
        self.versions, self.remarks = {}, []
        self.numbers = defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(list))))
        for path in paths:
            with open(path, encoding="utf-8") as lines:
                for line in lines:
                    self._add(line.rstrip("\n").split("\t"))

    def _add(self, fields):
        if fields[0] == "version":
            name, value = fields[1:]
            if self.versions.setdefault(name, value) != value:
                raise ValueError(f"two runs with different {name}: {self.versions[name]} and {value}")
        elif fields[0] in ("not run", "failed"):
            self.remarks.append(fields)
        else:
            measure, connections, batch, durable, queue, run, _, number = fields
            group = self.numbers[measure, int(connections), int(batch)]
            group[queue][durable][int(run)].append(float(number))

    def groups(self, measure):
        """(connections, batch, numbers by queue) of a measure, in the order of the run."""
        return [(key[1], key[2], queues) for key, queues in self.numbers.items() if key[0] == measure]


def baseline(queue):
    """The queue that another is compared with: ideamine through the same kind of client."""
    return queue.split("/")[0] + "/ideamine"


def values(runs):
    """One number for each run."""
    return {run: numbers[0] for run, numbers in runs.items()}


def settled(runs):
    """The mean of the last third of the seconds of each run."""
    return {run: sum(tail) / len(tail) for run, tail in ((r, n[-(len(n) // 3 or 1):]) for r, n in runs.items())}


def ratios(runs, others):
    """Pair by pair, because the machine's speed drifts."""
    return [runs[run] / others[run] for run in sorted(runs) if others.get(run)]


def spread(numbers, form="{:,.0f}"):
    """Median, least and most."""
    if not numbers:
        return "–"
    low, middle, high = (form.format(f(numbers)) for f in (min, median, max))
    return f"{middle} ({low} to {high})" if len(numbers) > 1 else middle


def share(numbers, fraction):
    ordered = sorted(numbers)
    return ordered[max(0, int(len(ordered) * fraction) - 1)]
