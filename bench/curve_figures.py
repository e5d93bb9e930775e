"""What bench/curve derives from the points of curves: BD-rates, CPU ratios, the anchor that counts, means over clips.

A curve is a list of points: dicts with `bytes`, `psnr_y_db`, `ssim_y_db` and `cpu_s`. Figures are `psnr_y_percent` and
`ssim_percent`, the mean difference in size at equal quality (negative: smaller), and `cpu_ratio`, the mean ratio of CPU
times at equal SSIM. Each is over the range of quality that both curves cover, and None if there is no such range.
"""
import math

FIGURES = ("psnr_y_percent", "ssim_percent", "cpu_ratio")
ANCHOR = "anchor"  # as a reference: whichever anchor counts for the clip
STEPS = 1000  # of the integral; the error is far below a figure's last digit
SMALLEST = 1e-6  # a CPU time of 0 has no logarithm


def slopes(xs, ys):
    """Tangents of the monotone cubic (Fritsch and Carlson) through the points; two points at least."""
    widths = [b - a for a, b in zip(xs, xs[1:])]
    secants = [(b - a) / w for a, b, w in zip(ys, ys[1:], widths)]
    inner = []
    for w0, w1, s0, s1 in zip(widths, widths[1:], secants, secants[1:]):
        weight0, weight1 = 2 * w1 + w0, w1 + 2 * w0
        inner.append((weight0 + weight1) / (weight0 / s0 + weight1 / s1) if s0 * s1 > 0 else 0.0)
    return [secants[0], *inner, secants[-1]]


def interpolate(xs, ys, tangents, x):
    i = next((k for k in range(len(xs) - 2) if x <= xs[k + 1]), len(xs) - 2)
    width = xs[i + 1] - xs[i]
    t = (x - xs[i]) / width
    return ((1 + 2 * t) * (1 - t) ** 2 * ys[i] + t * (1 - t) ** 2 * width * tangents[i]
            + t * t * (3 - 2 * t) * ys[i + 1] + t * t * (t - 1) * width * tangents[i + 1])


def mean_ratio(reference, test, quality, value):
    """Geometric mean of test's value over reference's at equal quality; None if the curves do not overlap."""
    curves = []
    for points in (reference, test):
        pairs = sorted({p[quality]: math.log(max(p[value], SMALLEST)) for p in points}.items())
        if len(pairs) < 2:
            return None
        xs, ys = [q for q, _ in pairs], [v for _, v in pairs]
        curves.append((xs, ys, slopes(xs, ys)))
    low = max(c[0][0] for c in curves)
    high = min(c[0][-1] for c in curves)
    if high <= low:
        return None
    at = [low + (high - low) * (k + 0.5) / STEPS for k in range(STEPS)]
    return math.exp(sum(interpolate(*curves[1], x) - interpolate(*curves[0], x) for x in at) / STEPS)


def compare(reference, test):
    """The figures of curve `test` against curve `reference`."""
    def percent(quality):
        ratio = mean_ratio(reference, test, quality, "bytes")
        return None if ratio is None else 100 * (ratio - 1)

    return {"psnr_y_percent": percent("psnr_y_db"), "ssim_percent": percent("ssim_y_db"),
            "cpu_ratio": mean_ratio(reference, test, "ssim_y_db", "cpu_s")}


def better_anchor(curves, anchors):
    """The anchor with fewer bits, over PSNR and SSIM alike, of those in `curves`; the first in doubt, None without any."""
    present = [name for name in anchors if name in curves]
    best = present[0] if present else None
    for name in present[1:]:
        figures = compare(curves[best], curves[name])
        rates = [figures[key] for key in ("psnr_y_percent", "ssim_percent") if figures[key] is not None]
        if rates and sum(rates) < 0:
            best = name
    return best


def figures_of(curves, anchor, pairs):
    """Figures of one clip for pairs (encoder, reference); `curves` maps the names of encoders to curves."""
    rows = []
    for encoder, reference in pairs:
        against = anchor if reference == ANCHOR else reference
        rows.append({"encoder": encoder, "reference": reference, "against": against,
                     **compare(curves[against], curves[encoder])})
    return rows


def means(rows):
    """Mean figures of one pair over its clips (CPU: geometric). Clips that lack a figure are left out of all three."""
    whole = [row for row in rows if None not in (row[key] for key in FIGURES)]
    result = {"encoder": rows[0]["encoder"], "reference": rows[0]["reference"], "clips": len(whole)}
    if not whole:
        return {**result, **dict.fromkeys(FIGURES)}
    return {**result, **{key: sum(row[key] for row in whole) / len(whole) for key in FIGURES[:2]},
            "cpu_ratio": math.exp(sum(math.log(row["cpu_ratio"]) for row in whole) / len(whole))}
