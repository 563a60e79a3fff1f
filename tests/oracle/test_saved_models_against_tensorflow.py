"""Exported models both ways: each loads what the other wrote, and gives the same predictions."""

import os

import pytest

import tensormill as tf
from tests.oracle.both import run_here

pytestmark = pytest.mark.oracle

EXPORT = """
import os
graph = tf.Graph()
with graph.as_default():
    words = os.path.join(folder, "words.txt")
    with open(words, "w") as file:
        file.write("one\\ntwo\\nthree\\n")
    tf.set_random_seed(1)
    x = tf.placeholder(tf.string, [None], name="x")
    table = tf.lookup.StaticHashTable(
        tf.lookup.TextFileInitializer(
            words, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER), -1)
    table_rows = tf.get_variable(
        "rows", initializer=tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), use_resource=resource
    )
    y = tf.gather(table_rows, table.lookup(x), name="y")
    sparse = tf.sparse_placeholder(tf.float32, name="sparse")
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        builder = tf.saved_model.builder.SavedModelBuilder(os.path.join(folder, "model"))
        signature = tf.saved_model.signature_def_utils.build_signature_def(
            {"x": tf.saved_model.utils.build_tensor_info(x),
             "sparse": tf.saved_model.utils.build_tensor_info(sparse)},
            {"y": tf.saved_model.utils.build_tensor_info(y)},
            tf.saved_model.signature_constants.PREDICT_METHOD_NAME)
        builder.add_meta_graph_and_variables(
            session, [tf.saved_model.tag_constants.SERVING], {"predict": signature},
            assets_collection=tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS),
            main_op=tf.tables_initializer())
        builder.add_meta_graph(["serve", "gpu"], {"predict": signature}, clear_devices=True,
                               assets_collection=None)
        path = builder.save(as_text)
    os.remove(words)
result = [
    path,
    sorted(tf.io.gfile.listdir(os.path.join(folder, "model"))),
    sorted(tf.io.gfile.listdir(os.path.join(folder, "model", "variables"))),
    sorted(tf.io.gfile.listdir(os.path.join(folder, "model", "assets"))),
    signature.SerializeToString(deterministic=True),
    sorted(graph.get_all_collection_keys()),
    [item.value for item in graph.get_collection("saved_model_assets")],
    [node.name for node in graph.as_graph_def().node],
]
"""
LOAD = """
import os
with tf.Graph().as_default() as graph, tf.Session() as session:
    message = tf.saved_model.loader.load(
        session, ["serve"], os.path.join(folder, "model"), import_scope=scope)
    signature = message.signature_def["predict"]
    prefix = scope + "/" if scope else ""
    values = session.run(
        prefix + signature.outputs["y"].name,
        {prefix + signature.inputs["x"].name: ["three", "one"]})
    result = [
        values,
        signature.SerializeToString(deterministic=True),
        sorted(graph.get_all_collection_keys()),
        [item.value for item in graph.get_collection("saved_model_assets")],
        [variable.name for variable in tf.global_variables()],
        message.meta_info_def.tags[:],
    ]
"""
SIMPLE = """
import os
with tf.Graph().as_default() as graph, tf.Session() as session:
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.get_variable("w", initializer=tf.constant([[1.0], [2.0]]), use_resource=resource)
    y = tf.matmul(x, w, name="y")
    session.run(w.initializer)
    tf.saved_model.simple_save(session, os.path.join(folder, "model"), {"x": x}, {"y": y})
with tf.Graph().as_default() as graph, tf.Session() as session:
    message = tf.saved_model.loader.load(session, {"serve"}, os.path.join(folder, "model"))
    signature = message.signature_def["serving_default"]
    result = [
        session.run(signature.outputs["y"].name, {signature.inputs["x"].name: [[1.0, 1.0]]}),
        signature.SerializeToString(deterministic=True),
        [node.name for node in graph.as_graph_def().node],
    ]
"""
ERRORS = """
import os
result = []
def attempt(function):
    try:
        result.append(str(function()))
    except Exception as error:
        result.append(type(error).__name__ + ": " + str(error).replace(folder, "FOLDER"))
with tf.Graph().as_default(), tf.Session() as session:
    x = tf.placeholder(tf.float32, [2], name="x")
    builder_of = tf.saved_model.builder.SavedModelBuilder
    model = os.path.join(folder, "model")
    attempt(lambda: tf.saved_model.loader.load(session, ["serve"], model))
    attempt(lambda: tf.saved_model.loader.maybe_saved_model_directory(model))
    builder = builder_of(model)
    attempt(lambda: builder.add_meta_graph(["serve"]))
    attempt(lambda: builder.add_meta_graph_and_variables(session, ["a"], main_op="x"))
    attempt(lambda: builder.add_meta_graph_and_variables(session, ["a"], assets_collection=[x]))
    attempt(lambda: builder.add_meta_graph_and_variables(session, ["a"], assets_collection=[3]))
    attempt(lambda: builder.add_meta_graph_and_variables(
        session, ["a"], assets_collection=[tf.constant(3, name="three")]))
    bad = tf.saved_model.signature_def_utils.build_signature_def(
        {"x": type(tf.saved_model.utils.build_tensor_info(x))()})
    attempt(lambda: builder.add_meta_graph_and_variables(session, ["a"], {"bad": bad}))
    good = tf.saved_model.signature_def_utils.build_signature_def(
        {"x": tf.saved_model.utils.build_tensor_info(x)})
    for key in ("__saved_model_init_op", "__saved_model_train_op"):
        attempt(lambda: builder.add_meta_graph_and_variables(session, ["a"], {key: good}))
    attempt(lambda: builder.add_meta_graph_and_variables(session, ["a"], {"good": good}))
    attempt(lambda: builder.add_meta_graph_and_variables(session, ["a"], {"good": good}))
    attempt(lambda: builder.save().decode().replace(folder, "FOLDER"))
    attempt(lambda: builder_of(model))
    attempt(lambda: tf.saved_model.loader.maybe_saved_model_directory(model))
    attempt(lambda: tf.saved_model.loader.load(session, ["serve"], model))
    utilities = tf.saved_model.signature_def_utils
    y = tf.constant(["a"], name="y")
    attempt(lambda: utilities.classification_signature_def(y, y, None))
    attempt(lambda: utilities.classification_signature_def(x, y, None))
    attempt(lambda: utilities.classification_signature_def(y, None, None))
    attempt(lambda: utilities.classification_signature_def(None, y, None))
    attempt(lambda: utilities.regression_signature_def(y, x))
    attempt(lambda: utilities.regression_signature_def(y, y))
    attempt(lambda: utilities.regression_signature_def(None, y))
    attempt(lambda: utilities.predict_signature_def({"in": y}, {"out": x}))
    attempt(lambda: utilities.predict_signature_def({}, {"out": x}))
    predict = utilities.predict_signature_def({"i": y}, {"o": x})
    attempt(lambda: utilities.is_valid_signature(predict))
    attempt(lambda: utilities.is_valid_signature(good))
    info = tf.saved_model.utils.build_tensor_info(x)
    attempt(lambda: tf.saved_model.utils.get_tensor_from_tensor_info(info).name)
    attempt(lambda: tf.saved_model.utils.build_tensor_info(tf.SparseTensor([[1]], x[:1], [3])))
"""


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("resource", [False, True])
def test_each_loads_what_the_other_exports(oracle, tmp_path, resource, as_text):
    results = []
    for name, run in (("here", run_here), ("there", oracle.run)):
        folder = os.fspath(tmp_path / name)
        os.mkdir(folder)
        result = run(EXPORT, folder=folder, resource=resource, as_text=as_text)
        result[0] = tf.compat.as_text(result[0]).replace(folder, "")
        results.append(result)
    assert results[0] == results[1]
    files = [
        {
            name: (tmp_path / side / "model" / "variables" / name).read_bytes()
            for name in results[0][2]
        }
        for side in ("here", "there")
    ]
    assert files[0] == files[1]
    for scope in (None, "a/b"):
        loaded = [
            run(LOAD, folder=os.fspath(tmp_path / name), scope=scope)
            for name in ("here", "there")
            for run in (run_here, oracle.run)
        ]
        for result in loaded:
            result[0] = result[0].tolist()
            result[5] = list(result[5])
        assert loaded[0][0] == [[5.0, 6.0], [1.0, 2.0]]
        assert loaded == [loaded[0]] * 4


@pytest.mark.parametrize("resource", [False, True])
def test_simple_saves_are_the_same(oracle, tmp_path, resource):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here = run_here(SIMPLE, folder=os.fspath(tmp_path / "here"), resource=resource)
    there = oracle.run(SIMPLE, folder=os.fspath(tmp_path / "there"), resource=resource)
    assert here[0].tolist() == there[0].tolist() == [[3.0]]
    assert here[1:] == there[1:]


def test_the_errors_of_exporting_and_loading_are_the_same(oracle, tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    here = run_here(ERRORS, folder=os.fspath(tmp_path / "here"))
    there = oracle.run(ERRORS, folder=os.fspath(tmp_path / "there"))
    # Slips of the pen over there.
    there = [text.replace(")` must", ") must").replace(".Has", ". Has") for text in there]
    differences = [pair for pair in zip(here, there, strict=True) if pair[0] != pair[1]]
    assert differences == []
