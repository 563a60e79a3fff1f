"""`tensormill draw`: show where the operations of a traced step are, and when they ran."""

import argparse
import sys
from pathlib import Path

from tensormill.cli.command import Command

_CANNOT_DRAW = 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `tensormill draw`."""
    parser.add_argument(
        "metadata",
        type=Path,
        metavar="run_metadata.pb",
        help="the RunMetadata of a step that was run with FULL_TRACE and output_partition_graphs",
    )
    parser.add_argument(
        "--out-dir", type=Path, metavar="DIR", help="where to write; the folder of the file"
    )


def run(options: argparse.Namespace) -> int:
    """Write placement.svg and timeline.svg, and print the placement."""
    from google.protobuf.message import DecodeError
    from tensorboard.compat.proto.config_pb2 import RunMetadata

    from tensormill.pictures.placement import placement_svg, placement_text
    from tensormill.pictures.step_trace import read_step_trace
    from tensormill.pictures.timeline import timeline_svg

    folder = options.out_dir or options.metadata.parent
    try:
        trace = read_step_trace(RunMetadata.FromString(options.metadata.read_bytes()))
        folder.mkdir(parents=True, exist_ok=True)
        pictures = {"placement.svg": placement_svg(trace), "timeline.svg": timeline_svg(trace)}
        for name, picture in pictures.items():
            (folder / name).write_text(picture, encoding="utf-8")
    except (OSError, ValueError, DecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        print(f"tensormill draw: {options.metadata}: {reason}", file=sys.stderr)
        return _CANNOT_DRAW
    print(placement_text(trace))
    for name in pictures:
        print(folder / name)
    return 0


COMMAND = Command("draw", "draw where and when the operations of a step ran", configure, run)
