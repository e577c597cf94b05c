"""How long a picture takes, how long others wait meanwhile, and how much memory the worst files take.

Run with `make bench`; prints tables and asserts nothing. Memory is what a process of its own grows by for one file:
its peak above what it had with everything imported.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from lib.config import ROOT
from lib.errors import ImageError
from lib.images import normalise
from tests import pictures

ROUNDS = 5
LARGEST = "claude-opus-5"  # the model that makes use of most pixels
PHONE = (4000, 3000)
MOST = (7740, 5160)  # 39.9 megapixels
KINDS = {
    "JPEG": {"quality": 92},
    "PNG": {"compress_level": 3},
    "WEBP": {"quality": 80, "method": 0},
    "HEIF": {"quality": 60},
    "AVIF": {"quality": 60, "speed": 10},
    "TIFF": {"compression": "tiff_lzw"},
}


def smooth(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """A picture of any size that compresses well."""
    return Image.radial_gradient("L").resize(size).convert(mode)


def progressive(mode: str, side: tuple[int, int]) -> bytes:
    return pictures.file(smooth(side, mode), "JPEG", progressive=True, subsampling="4:4:4")


def lying(name: str) -> bytes:
    return pictures.relabelled(pictures.file(Image.new("RGB", (11_000, 10_000)), name, quality=10), 64, 64)


# The largest that are taken, and some that are not.
WORST: dict[str, Callable[[], bytes]] = {
    "bomb of 144 megapixels, PNG": pictures.bomb,
    "PNG, 40 megapixels, transparent": lambda: pictures.file(smooth(MOST, "RGBA"), compress_level=1),
    "PNG, 25 megapixels, transparent": lambda: pictures.file(smooth((6140, 4090), "RGBA"), compress_level=1),
    "PNG, 16 megapixels, transparent": lambda: pictures.file(smooth((4600, 3450), "RGBA"), compress_level=1),
    "PNG, 40 megapixels, 16 bits": lambda: pictures.file(Image.new("I;16", MOST, 9)),
    "JPEG, 40 megapixels, progressive": lambda: progressive("RGB", MOST),
    "JPEG, 30 megapixels, progressive, CMYK": lambda: progressive("CMYK", (6000, 4999)),
    "JPEG, 40 megapixels, progressive, CMYK": lambda: progressive("CMYK", MOST),
    "WebP, 12 megapixels, lossless": lambda: pictures.file(smooth((4032, 3024), "RGBA"), "WEBP", lossless=True),
    "WebP, 40 megapixels": lambda: pictures.file(smooth(MOST), "WEBP", method=0),
    "HEIC, 24 megapixels": lambda: pictures.file(smooth((5712, 4284)), "HEIF", chroma=444),
    "HEIC, 19 megapixels, transparent": lambda: pictures.file(smooth((5000, 3800), "RGBA"), "HEIF", chroma=444),
    "HEIC, 64 × 64, 110 megapixels inside": lambda: lying("HEIF"),
    "AVIF, 17 megapixels, transparent": lambda: pictures.file(smooth((5000, 3420), "RGBA"), "AVIF", speed=10),
    "AVIF, 64 × 64, 110 megapixels inside": lambda: lying("AVIF"),
    "TIFF, 20 megapixels in one strip": lambda: pictures.file(
        smooth((5000, 4000), "RGBA"), "TIFF", compression="tiff_adobe_deflate", tiffinfo={278: 4000}
    ),
    "GIF, 40 megapixels": lambda: pictures.file(smooth(MOST, "P"), "GIF"),
    "BMP, 6 megapixels": lambda: pictures.file(smooth((3000, 2200)), "BMP"),
}


def peak() -> float:
    """Return the most memory this process has had, in MB; never goes down."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux counts what started a process as part of it everywhere but here
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def take(path: str) -> None:
    """Normalise one file and print what it took: MB, seconds, what became of it."""
    normalise.normalise(pictures.file(pictures.quarters()))
    idle, begun = peak(), time.perf_counter()
    try:
        picture = normalise.normalise(Path(path).read_bytes(), model=LARGEST)
        became = f"{picture.width} × {picture.height}, {picture.size / 1000:.0f} kB"
    except ImageError as error:
        became = str(error)
    print(f"{peak() - idle:.0f} | {time.perf_counter() - begun:.2f} | {became}")


def pauses(work: Callable[[], object]) -> float:
    """Return the longest time, in ms, for which another thread did not come to run while `work` did."""
    done, gaps = threading.Event(), []

    def tick() -> None:
        last = time.perf_counter()
        while not done.wait(0.0005):
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    thread = threading.Thread(target=tick)
    thread.start()
    work()
    done.set()
    thread.join()
    return max(gaps) * 1000


@pytest.mark.timeout(600)
def test_time():
    """Print how long 12 megapixels take in each format, and for how long they keep other threads from running."""
    photo = pictures.photo(*PHONE)
    print(f"\n\n12 megapixels, median of {ROUNDS} rounds\n")
    print("| format | file, MB | auto, s | low, s | longest pause of others, ms |", "|---" * 5 + "|", sep="\n")
    normalise.normalise(pictures.file(photo, "HEIF"))  # loads the plugin
    for name, options in KINDS.items():
        data = pictures.file(photo, name, **options)
        times = {detail: [timed(data, detail) for _ in range(ROUNDS)] for detail in ("auto", "low")}
        pause = pauses(lambda data=data: timed(data, "auto"))
        auto, low = (statistics.median(times[detail]) for detail in ("auto", "low"))
        print(f"| {name} | {len(data) / 1e6:.1f} | {auto:.2f} | {low:.2f} | {pause:.0f} |")


def timed(data: bytes, detail: str) -> float:
    begun = time.perf_counter()
    normalise.normalise(data, detail=detail, limits=normalise.Limits(size=100_000_000))
    return time.perf_counter() - begun


@pytest.mark.timeout(600)
def test_memory(tmp_path):
    """Print what the worst files take, each in a process of its own."""
    print("\n\n| file | size, MB | memory above idle, MB | s | what became of it |", "|---" * 5 + "|", sep="\n")
    for name, make in WORST.items():
        path = tmp_path / "file"
        path.write_bytes(make())
        command = [sys.executable, str(Path(__file__)), str(path)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
        )
        print(f"| {name} | {path.stat().st_size / 1e6:.2f} | {done.stdout.strip()} |")


if __name__ == "__main__":
    take(sys.argv[1])
