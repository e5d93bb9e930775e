"""The tables of bench/curve, as text and as Markdown.

`table` is what bench/curve writes as JSON, complete: conditions, encoders, clips, figures and means.
"""
import curve_figures

HEADS = ("PSNR-Y", "SSIM", "CPU")


def cells(row):
    """The three figures as text."""
    rates = ["n/a" if row[key] is None else f"{row[key]:+.1f} %" for key in curve_figures.FIGURES[:2]]
    return [*rates, "n/a" if row["cpu_ratio"] is None else f"x{row['cpu_ratio']:.2f}"]


def mean_name(row, table):
    """How many clips a mean is over, where it is not all of them."""
    return "mean" if row["clips"] == len(table["clips"]) else f"mean of {row['clips']}"


def text(table):
    """Aligned lines: each clip's figures, then the means."""
    labels = {encoder["name"]: encoder["label"] for encoder in table["encoders"]}
    labels[curve_figures.ANCHOR] = "anchor"
    blocks = [[[row["clip"], labels[row["encoder"]], labels[row["against"]], *cells(row)]
               for row in table["figures"] if row["clip"] == clip["name"]] for clip in table["clips"]]
    blocks.append([[mean_name(row, table), labels[row["encoder"]], labels[row["reference"]], *cells(row)]
                   for row in table["means"]])
    head = ["clip", "encoder", "against", *HEADS]
    widths = [max(len(row[k]) for block in [[head], *blocks] for row in block) for k in range(len(head))]

    def line(row):
        fields = [field.ljust(w) if k < 3 else field.rjust(w) for k, (field, w) in enumerate(zip(row, widths))]
        return "  ".join(fields).rstrip()

    return "\n\n".join("\n".join(line(row) for row in block) for block in [[head], *blocks] if block) + "\n"


def conditions(table):
    """What was measured, on what, as sentences."""
    machine = table["machine"]
    repeats = f", median of {table['repeat']} runs" if table["repeat"] > 1 else ""
    return [f"First {table['pictures']} pictures of each clip at q {', '.join(map(str, table['qualities']))}.",
            f"One thread{repeats}, {machine['cpu']}, {machine['cores']} cores.",
            f"libvpx {table['libvpx']}, fastslow's tree at {table['commit']}, {table['date']}."]


def markdown_line(fields):
    # A bar in a clip's name would begin a new column.
    return "| " + " | ".join(field.replace("|", "\\|") for field in fields) + " |"


def markdown_table(head, rows, bold_last):
    lines = [markdown_line(head), "|" + "---|" * len(head), *map(markdown_line, rows)]
    if bold_last:
        lines[-1] = markdown_line([field and f"**{field}**" for field in rows[-1]])
    return "\n".join(lines)


def means_table(table, labels):
    rows = [[labels[row["encoder"]], labels[row["reference"]], *cells(row), str(row["clips"])] for row in table["means"]]
    return markdown_table(["encoder", "against", *HEADS, "clips"], rows, bold_last=False)


def clips_table(table, labels, pairs):
    """A row a clip, a column a pair (encoder, reference) with all three figures in it."""
    of = {(row["clip"], row["encoder"], row["reference"]): " / ".join(cells(row)) for row in table["figures"]}
    has_anchor = any(reference == curve_figures.ANCHOR for _, reference in pairs)
    head = ["clip", *(["anchor"] if has_anchor else [])]
    head += [labels[e] if r == curve_figures.ANCHOR else f"{labels[e]} against {labels[r]}" for e, r in pairs]
    rows = [[clip["name"], *([labels[clip["anchor"]]] if has_anchor else []), *(of[(clip["name"], *pair)] for pair in pairs)]
            for clip in table["clips"]]
    mean_of = {(row["encoder"], row["reference"]): row for row in table["means"]}
    rows.append(["mean", *([""] if has_anchor else []), *(" / ".join(cells(mean_of[pair])) for pair in pairs)])
    return markdown_table(head, rows, bold_last=True)


def markdown(table):
    """Means of all encoders, then for each group of encoders, and for the price of chunks, a table of the clips."""
    labels = {encoder["name"]: encoder["label"] for encoder in table["encoders"]} | {curve_figures.ANCHOR: "anchor"}
    pairs = [(row["encoder"], row["reference"]) for row in table["means"]]
    parts = ["BD-rate by PSNR-Y and by SSIM in dB (negative: fewer bits), and CPU time at equal SSIM.\n"
             + "\n".join(conditions(table)), means_table(table, labels)]
    for group in dict.fromkeys(encoder["group"] for encoder in table["encoders"]):
        names = [encoder["name"] for encoder in table["encoders"] if encoder["group"] == group]
        of_group = [(e, r) for e, r in pairs if e in names and r == curve_figures.ANCHOR]
        if of_group:
            parts.append(f"{group.capitalize()}: PSNR-Y / SSIM / CPU, against the anchor that is better on the clip.")
            parts.append(clips_table(table, labels, of_group))
    price = [(e, r) for e, r in pairs if r != curve_figures.ANCHOR]
    if price:
        parts += ["The price of chunks: PSNR-Y / SSIM / CPU.", clips_table(table, labels, price)]
    return "\n\n".join(parts) + "\n"
