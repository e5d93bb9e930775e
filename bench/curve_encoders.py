"""The encoders that bench/curve knows: names, groups and command lines."""
import dataclasses
import re

# Constant quality over two passes, and one quantiser for the whole stream in one pass; with a bit rate that never binds.
TWO_PASS = "--passes=2 --end-usage=cq --cq-level={q} --min-q=0 --max-q=63"
FIXED_Q = "--disable-warning-prompt --passes=1 --end-usage=vbr --min-q={q} --max-q={q}"
VPXENC = ("vpxenc --codec=vp8 --ivf SPEED CONTROL --auto-alt-ref=1 --lag-in-frames=25 --kf-max-dist=9999 "
          "--target-bitrate=1000000 --undershoot-pct=100 --buf-initial-sz=10000 --buf-optimal-sz=20000 --buf-sz=40000 "
          "--tune=psnr --threads=1 --limit={pictures} -o {out} {clip}")
# CPU time is compared, so the work stays on the CPU where there is a GPU too.
FASTSLOW = ("fastslow encode {clip} -o {out} --chunk-frames N --chunks-per-chain X --cq {q} --limit {pictures} --threads 1 "
            "--device cpu --quiet")

EFFORTS = ("best", "default", "fast")
CHAINS = (6, 16)  # chunks that are joined into chains, which is what a user gets
WHOLE, PLAIN = (96, 1), (24, 1)  # what chains are compared with: hardly any chunks, and longer chunks that are not joined
DEFAULT_CHOICE = "anchor,efforts,variants"


@dataclasses.dataclass(frozen=True)
class Encoder:
    """One line of the table, one curve of the plot."""
    name: str
    group: str
    label: str
    family: str  # encoders that share a colour
    command: str  # with {clip}, {out}, {q} and {pictures} for the caller to fill in

    def arguments(self, **values):
        return [part.format(**values) for part in self.command.split()]


def vpxenc(name, group, label, speed, control):
    return Encoder(name, group, f"vpxenc{label}", group, VPXENC.replace("SPEED", speed).replace("CONTROL", control))


def chunked_name(effort, shape):
    return effort if shape == CHAINS else f"{effort}-{shape[0]}x{shape[1]}"


def fastslow(effort, shape, group, has_efforts):
    """Our own first pass at an effort, with shape = (pictures a chunk, chunks a chain)."""
    command = FASTSLOW.replace(" N ", f" {shape[0]} ").replace(" X ", f" {shape[1]} ")
    return Encoder(chunked_name(effort, shape), group, f"{effort} [{shape[0]}, {shape[1]}]", effort,
                   command + (f" --effort {effort}" if has_efforts else ""))


def libvpx_first_pass():
    plain = fastslow("default", CHAINS, "variants", has_efforts=False)
    return Encoder("libvpx-first-pass", "variants", "first pass by libvpx", "libvpx first pass",
                   plain.command + " --first-pass libvpx")


def known(has_efforts):
    """All encoders that have a name of their own; without has_efforts, those that a program without --effort can be."""
    good = "--good --cpu-used="
    efforts = EFFORTS if has_efforts else ("default",)
    shapes = {"default": (WHOLE, (6, 1), PLAIN, (24, 4))}
    return [
        vpxenc("two-pass", "anchor", ", two passes", good + "0", TWO_PASS),
        vpxenc("fixed-q", "anchor", ", fixed q", good + "0", FIXED_Q),
        vpxenc("libvpx-best", "libvpx", " --best", "--best", TWO_PASS),
        vpxenc("libvpx-2", "libvpx", " --cpu-used=2", good + "2", TWO_PASS),
        vpxenc("libvpx-5", "libvpx", " --cpu-used=5", good + "5", TWO_PASS),
        # Real time is always one pass, in which cq hardly moves the quantiser. libvpx sets its speed by its own clock
        # here: the bytes differ a little from run to run.
        vpxenc("libvpx-rt", "libvpx", " --rt", "--rt --cpu-used=8", FIXED_Q),
        *(fastslow(effort, CHAINS, "efforts", has_efforts) for effort in efforts),
        *(fastslow(effort, shape, "variants", has_efforts) for effort in efforts for shape in shapes.get(effort, (WHOLE,))),
        libvpx_first_pass()]


def choose(choice, has_efforts):
    """Encoders by a comma-separated choice of groups, names and EFFORT-NxX. ValueError says what is wrong with it."""
    chosen = {}
    for item in choice.split(","):
        for encoder in named(item.strip(), has_efforts):
            chosen.setdefault(encoder.name, encoder)
    return list(chosen.values())


def named(item, has_efforts):
    found = [encoder for encoder in known(has_efforts) if item in (encoder.name, encoder.group)]
    if found:
        return found
    if match := re.fullmatch(r"(best|default|fast)(?:-([1-9]\d{0,4})x([1-9]\d{0,4}))?", item):
        if match[1] != "default" and not has_efforts:
            raise ValueError(f"there is no encoder '{item}': the program has no --effort; build a newer one, or use default")
        return [fastslow(match[1], (int(match[2]), int(match[3])), "variants", has_efforts)]
    names = [encoder.name for encoder in known(has_efforts=True)]
    raise ValueError(f"there is no encoder '{item}'; choose among the groups anchor, libvpx, efforts, variants, "
                     f"the names {', '.join(names)}, or an effort and a shape, such as default-12x8")
