"""Plots of the measurements as SVG, written by hand: bars for rates, lines for loads over time."""

from html import escape
from statistics import median

from measurements import share, values

WIDTH, LEFT, RIGHT = 860, 250, 150
# legible on white and on black
INK, PALE = "#6b7280", "#9ca3af"
COLOURS = ["#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed", "#0891b2", "#be185d"]


def text(x, y, words, anchor="start", size=12):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{size}" fill="{INK}">{escape(words)}</text>'


def line(x1, y1, x2, y2, colour=PALE, width=1):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def page(height, parts):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">'
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def ticks(most, count=5):
    """Round steps from 0 to at least most."""
    rough = (most or 1) / count
    power = 10 ** (len(f"{int(rough)}") - 1) if rough >= 1 else 0.1
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return [step * i for i in range(int(most / step) + 2)]


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def scale(most):
    marks = ticks(most)
    return marks, lambda value: LEFT + (WIDTH - LEFT - RIGHT) * value / marks[-1]


def bar(y, across, numbers, colour):
    """A bar as long as the median, with a whisker from the least to the most."""
    end, low, high = across(median(numbers)), across(min(numbers)), across(max(numbers))
    return [
        f'<rect x="{LEFT}" y="{y}" width="{end - LEFT:.1f}" height="12" fill="{colour}"/>',
        line(low, y + 6, high, y + 6, INK, 2),
        text(high + 6, y + 11, number(median(numbers)), size=11),
    ]


def bars(heading, unit, rows, legend):
    """rows: (name, a list of numbers for each word of the legend)."""
    most = max(max(numbers) for _, series in rows for numbers in series if numbers)
    marks, across = scale(most)
    row_height = 14 * len(legend) + 8
    bottom = 60 + row_height * len(rows)
    parts = [text(10, 22, heading, size=15)]
    for i, words in enumerate(legend):
        parts += [f'<rect x="{LEFT + 200 * i}" y="34" width="10" height="10" fill="{COLOURS[i]}"/>']
        parts += [text(LEFT + 200 * i + 15, 43, words)]
    for mark in marks:
        parts += [line(across(mark), 54, across(mark), bottom), text(across(mark), bottom + 16, number(mark), "middle")]
    for i, (name, series) in enumerate(rows):
        y = 60 + row_height * i
        parts.append(text(LEFT - 8, y + row_height / 2 + 1, name, "end"))
        for j, numbers in enumerate(series):
            parts += bar(y + 14 * j, across, numbers, COLOURS[j]) if numbers else []
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, bottom + 36, unit, "middle"))
    return page(bottom + 48, parts)


def smooth(numbers, width):
    """Means of as many neighbours as it takes to see a trend."""
    return [sum(numbers[i:i + width]) / len(numbers[i:i + width]) for i in range(0, len(numbers), width)]


def curves(heading, rows):
    """rows: (name, jobs of each second)."""
    left, top, bottom, right = 80, 50, 350, WIDTH - 230
    seconds = max(len(numbers) for _, numbers in rows)
    width = max(1, seconds // 40)
    marks = ticks(max(max(smooth(numbers, width)) for _, numbers in rows))
    up = lambda value: bottom - (bottom - top) * value / marks[-1]
    along = lambda second: left + (right - left) * second / seconds
    parts = [text(10, 22, heading, size=15)]
    for mark in marks:
        parts += [line(left, up(mark), right, up(mark)), text(left - 6, up(mark) + 4, number(mark), "end")]
    for mark in ticks(seconds)[:-1]:
        parts.append(text(along(mark), bottom + 16, number(mark), "middle"))
    for i, (name, numbers) in enumerate(rows):
        colour, y = COLOURS[i % len(COLOURS)], top + 10 + 22 * i
        points = " ".join(
            f"{along(width * (j + 0.5)):.1f},{up(value):.1f}" for j, value in enumerate(smooth(numbers, width)))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [line(right + 12, y - 4, right + 32, y - 4, colour, 3), text(right + 38, y, name)]
    parts += [text((left + right) / 2, bottom + 36, "seconds since the snapshot was taken", "middle"), text(left, 42, "jobs/s")]
    return page(bottom + 48, parts)


def rate_plots(measurements):
    for measure in ("enqueue", "process"):
        for connections, batch, queues in measurements.groups(measure):
            rows = [(queue, [list(values(durable[s]).values()) for s in ("on", "off")]) for queue, durable in queues.items()]
            name = f"{measure}: {connections} connections, {batch:,} a call"
            yield name, f"{measure}-{connections}-{batch}", bars(
                name, "jobs/s, median, from least to most", rows, ["waits for the disk", "does not wait"])


def latency_plots(measurements):
    for _, _, queues in measurements.groups("latency"):
        rows = []
        for queue, durable in queues.items():
            numbers = [number for run in durable["on"].values() for number in run]
            rows.append((queue, [[share(numbers, 0.5)], [share(numbers, 0.99)]]))
        yield "pick-up by a sleeping worker", "latency", bars(
            "pick-up by a sleeping worker", "milliseconds after COMMIT", rows, ["p50", "p99"])


def load_plots(measurements):
    for connections, batch, queues in measurements.groups("load-under-snapshot"):
        rows = [(queue, durable["on"][0]) for queue, durable in queues.items() if durable["on"].get(0)]
        name = f"under an open snapshot: {connections} connections, {batch:,} a call"
        yield name, f"snapshot-{connections}-{batch}", curves(name, rows)


def draw_all(measurements, folder):
    """Writes all plots; returns their names and paths."""
    drawn = []
    for plots in (rate_plots, load_plots, latency_plots):
        for name, file, image in plots(measurements):
            path = folder / f"benchmarks-{file}.svg"
            path.write_text(image, encoding="utf-8")
            drawn.append((name, path))
    return drawn
