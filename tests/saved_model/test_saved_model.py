"""Exported models: what is written, and what is found again."""

import pytest

import tensormill as tf
from tensormill.saved_model import freeze_graph


def export(folder, tags=("serve",)):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        w = tf.get_variable("w", initializer=tf.constant([[1.0], [2.0]]))
        y = tf.matmul(x, w, name="y")
        session.run(w.initializer)
        builder = tf.saved_model.Builder(folder)
        signature = tf.saved_model.predict_signature_def({"x": x}, {"y": y})
        builder.add_meta_graph_and_variables(session, tags, {"predict": signature})
        builder.save()


def predictions(graph_def, output="y:0"):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph_def, name="")
        return session.run(output, {"x:0": [[1.0, 1.0], [3.0, 0.0]]}).tolist()


def test_a_model_is_loaded_below_a_scope_with_its_signature(tmp_path):
    export(tmp_path / "model")
    with tf.Graph().as_default(), tf.Session() as session:
        message = tf.saved_model.load(session, {"serve"}, tmp_path / "model", import_scope="part")
        signature = message.signature_def["predict"]
        fetched = session.run(
            f"part/{signature.outputs['y'].name}",
            {f"part/{signature.inputs['x'].name}": [[1.0, 1.0]]},
        )
    assert fetched.tolist() == [[3.0]]


def test_a_model_of_other_tags_is_not_loaded(tmp_path):
    export(tmp_path / "model", ["serve", "gpu"])
    with (
        tf.Graph().as_default(),
        tf.Session() as session,
        pytest.raises(RuntimeError, match="MetaGraphDef associated with tags 'serve' could not"),
    ):
        tf.saved_model.load(session, ["serve"], tmp_path / "model")


@pytest.mark.parametrize("name", ["saved_model.pb", "saved_model.pbtxt"])
def test_a_damaged_file_is_reported(tmp_path, name):
    (tmp_path / name).write_bytes(b"\xff\xff not a model")
    with (
        tf.Graph().as_default(),
        tf.Session() as session,
        pytest.raises(OSError, match="Cannot parse file"),
    ):
        tf.saved_model.load(session, ["serve"], tmp_path)


def test_variables_of_models_and_checkpoints_become_constants(tmp_path, capsys):
    export(tmp_path / "model")
    folder = str(tmp_path / "model")
    output = str(tmp_path / "frozen.pb")
    arguments = [f"--input_saved_model_dir={folder}", "--output_node_names=y"]
    assert freeze_graph.main([*arguments, f"--output_graph={output}"]) == 0
    assert "ops in the final graph" in capsys.readouterr().out
    with open(output, "rb") as file:
        frozen = tf.GraphDef.FromString(file.read())
    assert not [node for node in frozen.node if "Variable" in node.op]
    expected = [[3.0], [3.0]]
    assert predictions(frozen) == expected
    model = tf.saved_model.loader.load
    with tf.Graph().as_default() as graph, tf.Session() as session:
        model(session, ["serve"], folder)
        tf.train.write_graph(graph, str(tmp_path), "graph.pbtxt")
        checkpoint = tf.train.Saver().save(session, str(tmp_path / "variables"))
    frozen = freeze_graph.freeze_graph(
        str(tmp_path / "graph.pbtxt"), "", False, checkpoint, "y", None, None, "", True, ""
    )
    assert predictions(frozen) == expected
    frozen = freeze_graph.freeze_graph(
        "",
        "",
        True,
        checkpoint,
        "y",
        None,
        None,
        "",
        True,
        "",
        input_meta_graph=f"{checkpoint}.meta",
    )
    assert predictions(frozen) == expected


def test_freezing_needs_a_checkpoint_and_nodes(tmp_path):
    export(tmp_path / "model")
    with pytest.raises(ValueError, match="doesn't exist!"):
        freeze_graph.freeze_graph("", "", True, "none", "y", None, None, "", True, "")
    with pytest.raises(ValueError, match="You need to supply the name of a node"):
        freeze_graph.freeze_graph(
            "", "", True, "", "", None, None, "", True, "", input_saved_model_dir=tmp_path / "model"
        )
    with pytest.raises(OSError, match="Input graph file 'absent' does not exist!"):
        freeze_graph.freeze_graph("absent", "", True, "none", "y", None, None, "", True, "")


def test_files_of_the_same_name_and_other_content_are_kept_apart(tmp_path):
    for folder, text in (("a", "one"), ("b", "two"), ("c", "one")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "words.txt").write_text(text)
    with tf.Graph().as_default(), tf.Session() as session:
        assets = [tf.constant(str(tmp_path / name / "words.txt")) for name in "abc"]
        for asset in assets:
            tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, asset)
        tf.saved_model.simple_save(
            session, str(tmp_path / "model"), {"x": assets[0]}, {"y": assets[1]}
        )
    files = {path.name: path.read_text() for path in (tmp_path / "model" / "assets").iterdir()}
    assert files == {"words.txt": "one", "words.txt_1": "two"}
