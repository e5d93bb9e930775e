"""The plot of bench/curve as SVG: size against quality for each clip, then mean BD-rates against CPU time.

`table` is what bench/curve writes as JSON, complete. Lengths are in pixels. Colours are given everywhere and the ground is
white, so that a dark viewer shows the same.
"""
import dataclasses
import html
import math
import textwrap

import curve_figures
import curve_report

COLUMNS = 4  # of clips at most
PANEL_WIDTH, PANEL_HEIGHT, SUMMARY_HEIGHT = 310, 220, 280
LEFT, RIGHT, TOP, BOTTOM = 54, 14, 26, 42  # round the frame of a panel: room for ticks, labels and title
MARGIN, LEGEND_WIDTH, LINE = 12, 200, 18
GLYPH, BOLD_GLYPH = 0.62, 0.72  # the width of a character in font sizes, generously
INK, FAINT = "#222222", "#dddddd"
# Okabe and Ito's colours, which colour-blind readers can tell apart. The encoders of a colour differ in marker and dashes.
COLOURS = {"anchor": "#000000", "libvpx": "#777777", "best": "#0072b2", "default": "#d55e00", "fast": "#009e73",
           "libvpx first pass": "#cc79a7"}
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 2", "10 4")
MARKERS = ("circle", ((-1, -1), (1, -1), (1, 1), (-1, 1)), ((0, -1.2), (1.2, 1), (-1.2, 1)),
           ((0, -1.4), (1.4, 0), (0, 1.4), (-1.4, 0)), ((0, 1.2), (1.2, -1), (-1.2, -1)),
           ((-1.4, -0.5), (1.4, -0.5), (1.4, 0.5), (-1.4, 0.5)))
LOG_MANTISSAS = ((1,), (1, 2, 5), (1, 2, 3, 5, 7), (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9))
ENOUGH_TICKS = 3


@dataclasses.dataclass(frozen=True)
class Axis:
    """Values from low to high on pixels from start to end, by logarithm or not."""
    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def at(self, value):
        low, high, value = (math.log(v) if self.is_log else v for v in (self.low, self.high, value))
        return self.start + (self.end - self.start) * (value - low) / (high - low)

    def ticks(self):
        if self.is_log:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            for mantissas in LOG_MANTISSAS:
                values = [m * 10.0**d for d in decades for m in mantissas if self.low <= m * 10.0**d <= self.high]
                if len(values) >= ENOUGH_TICKS:
                    return values
        return round_values(self.low, self.high)


def round_values(low, high):
    """Three to seven round numbers in a range."""
    magnitude = 10.0 ** math.floor(math.log10((high - low) / ENOUGH_TICKS))
    step = next(m * magnitude for m in (5, 2, 1) if m * magnitude <= (high - low) / ENOUGH_TICKS)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def axis(values, start, end, is_log=False):
    """An axis with some room round the values; of one value, too."""
    low, high = min(values), max(values)
    if is_log:
        room = max(0.06 * math.log(high / low), 0.05)
        return Axis(low / math.exp(room), high * math.exp(room), start, end, is_log)
    room = max(0.06 * (high - low), 0.1)
    return Axis(low - room, high + room, start, end)


def styles(encoders):
    """Colour, dashes and marker of each encoder, by name."""
    counts, result = {}, {}
    for encoder in encoders:
        k = counts[encoder["family"]] = counts.get(encoder["family"], -1) + 1
        result[encoder["name"]] = (COLOURS[encoder["family"]], DASHES[k % len(DASHES)], MARKERS[k % len(MARKERS)])
    return result


def text(x, y, words, size=11, anchor="start", extra=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{INK}"{extra}>'
            f"{html.escape(words)}</text>")


def line(x0, y0, x1, y1, colour=FAINT):
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{colour}"/>'


def marker(x, y, style, radius=3.2):
    colour, _, shape = style
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>'
    corners = " ".join(f"{x + radius * dx:.1f},{y + radius * dy:.1f}" for dx, dy in shape)
    return f'<polygon points="{corners}" fill="{colour}"/>'


def curve(places, style):
    colour, dashes, _ = style
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return [f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.4"{dash}/>',
            *(marker(x, y, style) for x, y in places)]


def shortened(words, width, glyph):
    """As much of the words as fits. glyph: pixels a character."""
    most = max(1, int(width / glyph))
    return words if len(words) <= most else words[:most - 1] + "…"


def frame(x_axis, y_axis, title, x_label, y_label):
    """Title, ticks, grid and labels of a panel whose frame the axes span."""
    left, right, bottom, top = x_axis.start, x_axis.end, y_axis.start, y_axis.end
    parts = [f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" fill="none" '
             f'stroke="{INK}"/>',
             text(left, top - 8, shortened(title, right - left, 12 * BOLD_GLYPH), 12, extra=' font-weight="bold"')]
    for value in x_axis.ticks():
        parts += [line(x_axis.at(value), top, x_axis.at(value), bottom),
                  text(x_axis.at(value), bottom + 14, f"{value:g}", 10, "middle")]
    for value in y_axis.ticks():
        # + 0: no tick says -0.
        parts += [line(left, y_axis.at(value), right, y_axis.at(value)),
                  text(left - 5, y_axis.at(value) + 3.5, f"{value + 0:.6g}", 10, "end")]
    x, y = left - 40, (top + bottom) / 2
    return parts + [text((left + right) / 2, bottom + 31, x_label, 11, "middle"),
                    text(x, y, y_label, 11, "middle", f' transform="rotate(-90 {x:.1f} {y:.1f})"')]


def panel(series, place, labels, drawn_style):
    """Curves (a dict of lists of (x, y)) in their frame. place: left, top, width, height; labels: title, x, y."""
    left, top, width, height = place
    xs, ys = zip(*(point for points in series.values() for point in points))
    x_axis = axis(xs, left + LEFT, left + width - RIGHT, is_log=True)
    y_axis = axis(ys, top + height - BOTTOM, top + TOP)
    parts = frame(x_axis, y_axis, *labels)
    for name, points in series.items():
        parts += curve([(x_axis.at(x), y_axis.at(y)) for x, y in points], drawn_style[name])
    return parts


def clip_panel(clip, table, key, label, place, drawn_style):
    """(kbit a picture, quality) of each encoder on a clip."""
    series = {}
    for name, points in table["curves"][clip].items():
        rates = [(8e-3 * point["bytes"] / point["pictures"], point[key]) for point in points]
        series[name] = sorted(rates)
    return panel(series, place, (clip, "kbit a picture", label), drawn_style)


def summary_panel(table, key, label, place, drawn_style):
    """(CPU ratio, mean BD-rate) of each encoder: left is faster, lower is smaller. Nothing if no figure is known."""
    series = {row["encoder"]: [(row["cpu_ratio"], row[key])] for row in table["means"]
              if row["reference"] == curve_figures.ANCHOR and row["clips"] > 0}
    labels = (f"Mean over the clips, {label}", "CPU time, x anchor's, at equal SSIM", "BD-rate, %, against the anchor")
    return panel(series, place, labels, drawn_style) if series else []


def legend(encoders, top, width, drawn_style):
    """Entries in columns, and the height that they take."""
    columns = max(1, int((width - 2 * MARGIN) // LEGEND_WIDTH))
    parts = []
    for k, encoder in enumerate(encoders):
        x, y = MARGIN + k % columns * LEGEND_WIDTH, top + k // columns * LINE + LINE / 2
        parts += curve([(x, y), (x + 15, y), (x + 30, y)], drawn_style[encoder["name"]])
        parts.append(text(x + 38, y + 4, shortened(encoder["label"], LEGEND_WIDTH - 44, 11 * GLYPH)))
    return parts, math.ceil(len(encoders) / columns) * LINE


def heading(table, width):
    """Title and conditions, and the height that they take."""
    lines = textwrap.wrap(" ".join(curve_report.conditions(table)), int((width - 2 * MARGIN) / (11 * GLYPH)))
    parts = [text(MARGIN, 24, "vpxenc and fastslow: size, quality and CPU time", 15, extra=' font-weight="bold"')]
    parts += [text(MARGIN, 44 + 15 * k, words) for k, words in enumerate(lines)]
    return parts, 44 + 15 * len(lines)


def svg(table):
    """The whole plot, as text."""
    clips = [clip["name"] for clip in table["clips"]]
    columns = min(COLUMNS, len(clips))
    width = max(2, columns) * PANEL_WIDTH + 2 * MARGIN
    panel_width = (width - 2 * MARGIN) / columns
    drawn_style = styles(table["encoders"])
    parts, y = heading(table, width)
    entries, height = legend(table["encoders"], y, width, drawn_style)
    parts, y = parts + entries, y + height + MARGIN
    for first in range(0, len(clips), columns):
        for key, label in (("psnr_y_db", "PSNR-Y, dB"), ("ssim_y_db", "SSIM-Y, dB")):
            for k, clip in enumerate(clips[first:first + columns]):
                place = (MARGIN + k * panel_width, y, panel_width, PANEL_HEIGHT)
                parts += clip_panel(clip, table, key, label, place, drawn_style)
            y += PANEL_HEIGHT
    half = (width - 2 * MARGIN) / 2
    for k, (key, label) in enumerate((("psnr_y_percent", "PSNR-Y"), ("ssim_percent", "SSIM"))):
        parts += summary_panel(table, key, label, (MARGIN + k * half, y, half, SUMMARY_HEIGHT), drawn_style)
    y += SUMMARY_HEIGHT + MARGIN
    body = "\n".join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}" '
            f'font-family="sans-serif">\n<rect width="{width}" height="{y}" fill="#ffffff"/>\n{body}\n</svg>\n')
