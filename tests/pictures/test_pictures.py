"""The pictures of a step, drawn from its RunMetadata."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import tensormill as tf
from tensormill.cli.main import main
from tensormill.pictures.placement import placement_svg, placement_text
from tensormill.pictures.step_trace import Execution, StepTrace, Transfer, read_step_trace
from tensormill.pictures.svg import colors_of, text_width
from tensormill.pictures.timeline import timeline_svg

SVG = "{http://www.w3.org/2000/svg}"
pytestmark = pytest.mark.usefixtures("no_gpu")
PS, WORKER = (f"/job:{job}/replica:0/task:0/device:CPU:0" for job in ("ps", "worker"))


@pytest.fixture
def metadata() -> Any:
    """The trace of a step whose variable is on a ps, and whose product on a worker."""
    with tf.LocalCluster(ps=1, workers=1, in_process=True) as cluster:
        with tf.device("/job:ps/task:0"):
            weights = tf.get_variable("weights", initializer=np.ones([64, 32], np.float32))
        with tf.device("/job:worker/task:0"):
            product = tf.matmul(weights, weights, transpose_b=True, name="product")
        with tf.Session(cluster.target) as session:
            session.run(tf.global_variables_initializer())
            metadata = tf.RunMetadata()
            options = tf.RunOptions(
                trace_level=tf.RunOptions.FULL_TRACE, output_partition_graphs=True
            )
            session.run(product, options=options, run_metadata=metadata)
    return metadata


def test_a_trace_says_what_is_where_and_what_crosses(metadata: Any) -> None:
    trace = read_step_trace(metadata)
    assert trace.devices == [PS, WORKER]
    assert trace.variables == {PS: ("weights",)}
    assert trace.ops[WORKER]["MatMul"] == 1
    sent = [each for each in trace.transfers if each.source == PS]
    assert [(each.destination, each.tensors, each.size_bytes) for each in sent] == [
        (WORKER, 1, 64 * 32 * 4)
    ]
    product = next(each for each in trace.executions if each.name == "product")
    assert (product.op_type, product.device) == ("MatMul", WORKER)
    assert 0 <= product.start_us <= product.start_us + product.duration_us <= trace.duration_us
    text = placement_text(trace)
    assert "variables weights" in text
    assert "1 tensors, 8.0 KiB a step" in text


def test_the_placement_is_drawn_with_a_box_a_device(metadata: Any) -> None:
    root = ElementTree.fromstring(placement_svg(read_step_trace(metadata)))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert "/job:ps/task:0/device:CPU:0" in texts
    assert "/job:worker/task:0/device:CPU:0" in texts
    assert "8.0 KiB" in texts
    assert "  weights" in texts
    arrows = [path for path in root.iter(f"{SVG}path") if "marker-end" in path.attrib]
    assert len(arrows) == len(read_step_trace(metadata).transfers)


def test_the_timeline_has_a_bar_for_each_node_that_ran(metadata: Any) -> None:
    trace = read_step_trace(metadata)
    root = ElementTree.fromstring(timeline_svg(trace))
    tips = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert sum(tip.startswith("product\nMatMul: ") for tip in tips) == 1
    for each in trace.executions:
        assert any(tip.startswith(f"{each.name}\n") for tip in tips)
    for bar in root.iter(f"{SVG}rect"):
        assert float(bar.attrib["width"]) > 0


def test_what_waits_for_another_device_is_drawn_once(metadata: Any) -> None:
    logged = metadata.step_stats.dev_stats.add(device=WORKER)
    begin = metadata.step_stats.dev_stats[0].node_stats[0].all_start_micros
    logged.node_stats.add(node_name="RecvTensor", all_start_micros=begin, all_end_rel_micros=5)
    trace = read_step_trace(metadata)
    waits = [each.op_type for each in trace.executions if each.is_receive]
    assert waits == ["_Recv"]
    del metadata.step_stats.dev_stats[:-1]
    assert [each.op_type for each in read_step_trace(metadata).executions] == ["RecvTensor"]


def test_names_cannot_break_a_picture(metadata: Any) -> None:
    for graph in metadata.partition_graphs:
        for node in graph.node:
            node.name = f'<script>&"{node.name}'
    trace = read_step_trace(metadata)
    root = ElementTree.fromstring(placement_svg(trace))
    assert not list(root.iter(f"{SVG}script"))
    assert any("<script>" in (text.text or "") for text in root.iter(f"{SVG}text"))


def test_the_command_draws_and_prints(
    metadata: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run_metadata.pb"
    path.write_bytes(metadata.SerializeToString())
    assert main(["draw", str(path)]) == 0
    printed = capsys.readouterr().out
    for name in ("placement.svg", "timeline.svg"):
        assert f"{tmp_path / name}\n" in printed
        ElementTree.parse(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        (b"\xff\xff\xff", "Error parsing"),
        (b"", "the step was not traced: run it with trace_level=FULL_TRACE"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(
    content: bytes | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run_metadata.pb"
    if content is not None:
        path.write_bytes(content)
    assert main(["draw", str(path)]) == 2
    assert says in capsys.readouterr().err


def test_no_label_of_an_arrow_lies_on_another() -> None:
    devices = [f"/job:{job}/replica:0/task:{task}/device:CPU:0" for job in "ab" for task in (0, 1)]
    transfers = tuple(
        Transfer(source, destination, 1, 1000)
        for source in devices
        for destination in devices
        if source != destination
    )
    ops = {device: Counter({"NoOp": 3, "_Send": 2, "_Recv": 1}) for device in devices}
    root = ElementTree.fromstring(placement_svg(StepTrace((), transfers, ops, {})))
    labels = [
        (float(text.attrib["x"]), float(text.attrib["y"]))
        for text in root.iter(f"{SVG}text")
        if text.text == "1000 B"
    ]
    assert len(labels) == len(transfers)
    for (x1, y1), (x2, y2) in itertools.combinations(labels, 2):
        assert abs(x1 - x2) >= text_width("1000 B", 10) or abs(y1 - y2) >= 10


def test_a_legend_of_long_names_goes_on_in_the_next_row() -> None:
    names = [f"{'LongName' * 4}{number}" for number in range(9)]
    device = "/job:a/replica:0/task:0/device:CPU:0"
    executions = tuple(
        Execution(name, name, device, start, 10, 0) for start, name in enumerate(names)
    )
    svg = timeline_svg(StepTrace(executions, (), {device: Counter(names)}, {}))
    root = ElementTree.fromstring(svg)
    entries = [
        (float(text.attrib["y"]), float(text.attrib["x"]), text.text or "")
        for text in root.iter(f"{SVG}text")
        if text.text in (*names, "others")
    ]
    assert [text for _, _, text in sorted(entries)] == [*names, "others"]
    for (y1, x1, text), (y2, x2, _) in itertools.pairwise(sorted(entries)):
        assert y2 > y1 or x2 >= x1 + text_width(text, 11)
    assert max(x + text_width(text, 11) for _, x, text in entries) <= float(root.attrib["width"])


def test_each_op_type_of_the_legend_has_a_color_of_its_own() -> None:
    colors = colors_of(f"Type{number}" for number in range(11))
    assert len(set(colors.values())) == len(colors) == 11
