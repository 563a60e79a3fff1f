"""`tf.train.Saver`: round trips, which checkpoints are kept, and what it refuses."""

import os
import re
import threading

import numpy as np
import pytest

import tensormill as tf
from tensormill.train.checkpoints import saver as saver_module


def names(folder):
    return sorted(os.listdir(folder))


def two_variables():
    tf.Variable([1.0, 2.0], name="ref")
    with tf.variable_scope("scope", use_resource=True):
        tf.get_variable("resource", initializer=np.arange(3, dtype=np.int64))
    return tf.global_variables()


@pytest.mark.parametrize("sharded", [False, True])
@pytest.mark.parametrize("version", [tf.train.SaverDef.V2, tf.train.SaverDef.V1])
def test_variables_come_back(tmp_path, sharded, version):
    variables = two_variables()
    saver = tf.train.Saver(sharded=sharded, write_version=version)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        expected = session.run(variables)
        path = saver.save(session, tmp_path / "model", global_step=5)
    with tf.Session() as session:
        saver.restore(session, path)
        for value, wanted in zip(session.run(variables), expected, strict=True):
            assert np.array_equal(value, wanted)
    assert tf.train.latest_checkpoint(tmp_path) == path


def test_partitioned_variables_come_back_whole_and_cut_otherwise(tmp_path):
    partitioner = tf.fixed_size_partitioner(3)
    with tf.variable_scope("s", partitioner=partitioner):
        p = tf.get_variable("p", [5, 2])
    with tf.Session() as session:
        session.run(p.assign(np.arange(10, dtype=np.float32).reshape(5, 2)))
        path = tf.train.Saver().save(session, str(tmp_path / "model"))
    reader = tf.train.NewCheckpointReader(path)
    assert reader.get_variable_to_shape_map() == {"s/p": [5, 2]}
    for parts in (None, tf.fixed_size_partitioner(2)):
        with tf.Graph().as_default(), tf.Session() as session:
            with tf.variable_scope("s", partitioner=parts, use_resource=parts is None):
                p = tf.get_variable("p", [5, 2])
            tf.train.Saver().restore(session, path)
            joined = session.run(tf.convert_to_tensor(p))
            assert np.array_equal(joined, np.arange(10).reshape(5, 2))


def test_only_the_latest_are_kept(tmp_path):
    two_variables()
    saver = tf.train.Saver(max_to_keep=2)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for step in range(4):
            saver.save(session, str(tmp_path / "m"), global_step=step)
    assert [os.path.basename(path) for path in saver.last_checkpoints] == ["m-2", "m-3"]
    kept = [f"m-{n}.{end}" for n in (2, 3) for end in ("data-00000-of-00001", "index", "meta")]
    assert names(tmp_path) == ["checkpoint", *kept]
    state = tf.train.get_checkpoint_state(tmp_path)
    assert list(state.all_model_checkpoint_paths) == saver.last_checkpoints


def test_all_are_kept_without_a_limit(tmp_path):
    two_variables()
    saver = tf.train.Saver(max_to_keep=None)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for step in range(7):
            saver.save(session, str(tmp_path / "m"), global_step=step, write_meta_graph=False)
    assert len([name for name in names(tmp_path) if name.endswith(".index")]) == 7


def test_one_is_kept_for_good_every_so_many_hours(tmp_path, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(saver_module.time, "time", lambda: clock[0])
    two_variables()
    saver = tf.train.Saver(max_to_keep=1, keep_checkpoint_every_n_hours=2)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for step in range(6):
            clock[0] += 3600.0
            saver.save(session, str(tmp_path / "m"), global_step=step, write_meta_graph=False)
    kept = [name for name in names(tmp_path) if name.endswith(".index")]
    assert kept == ["m-2.index", "m-4.index", "m-5.index"]


def test_a_second_run_goes_on_with_the_list_of_the_first(tmp_path):
    two_variables()
    first = tf.train.Saver(max_to_keep=3)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for step in range(3):
            first.save(session, str(tmp_path / "m"), global_step=step)
        second = tf.train.Saver(max_to_keep=3)
        state = tf.train.get_checkpoint_state(str(tmp_path))
        second.recover_last_checkpoints([*state.all_model_checkpoint_paths, "gone"])
        assert second.last_checkpoints == first.last_checkpoints
        second.save(session, str(tmp_path / "m"), global_step=3)
    assert "m-0.index" not in names(tmp_path)
    assert "m-1.index" in names(tmp_path)


def test_steps_and_lists_are_written_as_asked_for(tmp_path):
    two_variables()
    step = tf.train.create_global_step()
    saver = tf.train.Saver(pad_step_number=True, save_relative_paths=True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(step.assign(12))
        path = saver.save(session, str(tmp_path / "m"), step, latest_filename="latest")
    assert os.path.basename(path) == "m-00000012"
    text = (tmp_path / "latest").read_text()
    assert text.splitlines()[0] == 'model_checkpoint_path: "m-00000012"'
    assert tf.train.latest_checkpoint(str(tmp_path), "latest") == path
    assert tf.train.latest_checkpoint(str(tmp_path)) is None


def test_a_name_may_be_mapped(tmp_path):
    a = tf.Variable(1.0, name="a")
    with tf.Session() as session:
        session.run(a.initializer)
        path = tf.train.Saver({"other": a}).save(session, str(tmp_path / "m"))
    assert tf.train.NewCheckpointReader(path).has_tensor("other")
    b = tf.Variable(0.0, name="b")
    with tf.Session() as session:
        tf.train.Saver({"other": b}).restore(session, path)
        assert session.run(b) == 1.0


def test_a_meta_graph_brings_its_saver(tmp_path):
    v = tf.Variable(3.0, name="v")
    tf.add_to_collection("fetch", tf.multiply(v, 2.0, name="twice"))
    with tf.Session() as session:
        session.run(v.initializer)
        path = tf.train.Saver().save(session, str(tmp_path / "m"))
    for scope in (None, "imported"):
        with tf.Graph().as_default(), tf.Session() as session:
            saver = tf.train.import_meta_graph(path + ".meta", import_scope=scope)
            saver.restore(session, path)
            assert session.run(tf.get_collection("fetch")[0]) == 6.0
            assert saver.saver_def.restore_op_name == (f"{scope}/" if scope else "") + (
                "save/restore_all"
            )


def test_reshape_gives_values_the_shape_of_their_variable(tmp_path):
    v = tf.Variable(np.arange(6, dtype=np.float32), name="v")
    with tf.Session() as session:
        session.run(v.initializer)
        path = tf.train.Saver().save(session, str(tmp_path / "m"))
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.Variable(np.zeros([2, 3], np.float32), name="v")
        tf.train.Saver(reshape=True).restore(session, path)
        assert session.run(w).tolist() == [[0, 1, 2], [3, 4, 5]]


class TestRefusals:
    def test_nothing_to_save(self, tmp_path):
        with pytest.raises(ValueError, match="No variables to save"):
            tf.train.Saver()
        saver = tf.train.Saver(allow_empty=True)
        tf.constant(1.0)
        with tf.Session() as session:
            assert saver.save(session, str(tmp_path / "m")) is None
            saver.restore(session, str(tmp_path / "m"))

    def test_bad_lists_of_variables(self):
        v = tf.Variable(1.0, name="v")
        with pytest.raises(TypeError, match="should be passed in a dict or a list"):
            tf.train.Saver(v)
        with pytest.raises(TypeError, match="Variable to save is not a Variable"):
            tf.train.Saver([tf.constant(1.0)])
        with pytest.raises(ValueError, match="At least two variables have the same name: v"):
            tf.train.Saver([v, v])
        with pytest.raises(ValueError, match="The same saveable will be restored with two names"):
            tf.train.Saver({"a": v, "b": v})
        with pytest.raises(ValueError, match="build cannot be deferred"):
            tf.train.Saver([v], defer_build=True)

    def test_paths_and_sessions(self, tmp_path):
        v = tf.Variable(1.0, name="v")
        saver = tf.train.Saver()
        with tf.Session() as session:
            session.run(v.initializer)
            with pytest.raises(ValueError, match="must not contain path components"):
                saver.save(session, str(tmp_path / "m"), latest_filename="a/b")
            with pytest.raises(ValueError, match="collides with 'save_path'"):
                saver.save(session, str(tmp_path / "checkpoint"))
            with pytest.raises(ValueError, match=r"Parent directory of .* doesn't exist"):
                saver.save(session, str(tmp_path / "no" / "such" / "m"))
            with pytest.raises(TypeError, match="'sess' must be a Session"):
                saver.save(None, str(tmp_path / "m"))
            with pytest.raises(ValueError, match="Can't load save_path when it is None"):
                saver.restore(session, None)
            missing = str(tmp_path / "missing")
            text = "The passed save_path is not a valid checkpoint: " + re.escape(missing)
            with pytest.raises(ValueError, match=text):
                saver.restore(session, missing)
        with pytest.raises(RuntimeError, match="should be called before save"):
            tf.train.Saver(defer_build=True).save(None, "m")

    def test_other_graphs(self, tmp_path):
        v = tf.Variable([1.0, 2.0], name="v")
        with tf.Session() as session:
            session.run(v.initializer)
            path = tf.train.Saver().save(session, str(tmp_path / "m"))
        for name, value, error, text in (
            ("w", [1.0, 2.0], tf.errors.NotFoundError, "Key w not found in checkpoint"),
            ("v", [1.0], tf.errors.InvalidArgumentError, "Assign requires shapes"),
            ("v", [1, 2], tf.errors.InvalidArgumentError, "expected dtype int32 does not equal"),
        ):
            with tf.Graph().as_default(), tf.Session() as session:
                tf.Variable(value, name=name)
                with pytest.raises(error, match="Restoring from checkpoint failed") as caught:
                    tf.train.Saver().restore(session, path)
                assert text in caught.value.message

    def test_an_uninitialized_variable_is_not_saved(self, tmp_path):
        tf.Variable(1.0, name="v")
        saver = tf.train.Saver()
        uninitialized = pytest.raises(tf.errors.FailedPreconditionError, match="value v")
        with tf.Session() as session, uninitialized:
            saver.save(session, str(tmp_path / "m"))
        assert names(tmp_path) == []


def test_the_state_file_is_ignored_where_it_is_no_such(tmp_path):
    assert tf.train.get_checkpoint_state(str(tmp_path)) is None
    (tmp_path / "checkpoint").write_text("what: 3")
    assert tf.train.get_checkpoint_state(str(tmp_path)) is None
    (tmp_path / "checkpoint").write_text("")
    with pytest.raises(ValueError, match="Invalid checkpoint state"):
        tf.train.get_checkpoint_state(str(tmp_path))


def test_the_state_file_has_paths_relative_to_a_relative_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("d")
    tf.train.update_checkpoint_state("d", "d/m-1", ["d/m-0", "d/m-1"])
    assert (tmp_path / "d" / "checkpoint").read_text() == (
        'model_checkpoint_path: "m-1"\n'
        'all_model_checkpoint_paths: "m-0"\n'
        'all_model_checkpoint_paths: "m-1"\n'
    )
    assert tf.train.get_checkpoint_state("d").model_checkpoint_path == "d/m-1"
    with pytest.raises(RuntimeError, match="conflicts with path used for checkpoint state"):
        tf.train.update_checkpoint_state(str(tmp_path), str(tmp_path / "checkpoint"))


def test_of_two_threads_that_save_the_later_one_names_the_latest(tmp_path):
    two_variables()
    saver = tf.train.Saver()
    has_begun, may_go_on = threading.Event(), threading.Event()

    class SlowSession(tf.Session):
        def run(self, fetches, *arguments, **options):
            has_begun.set()
            assert may_go_on.wait(30)
            return super().run(fetches, *arguments, **options)

    with tf.Session() as session, SlowSession() as slow:
        for one in (session, slow):
            tf.Session.run(one, tf.global_variables_initializer())
        path = tmp_path / "model"
        earlier = threading.Thread(target=saver.save, args=(slow, path, 1))
        later = threading.Thread(target=saver.save, args=(session, path, 2))
        earlier.start()
        assert has_begun.wait(30)
        later.start()
        later.join(0.2)  # it could be through by now if it did not wait for the other
        may_go_on.set()
        earlier.join()
        later.join()
    assert tf.train.latest_checkpoint(tmp_path) == f"{path}-2"
    assert saver.last_checkpoints == [f"{path}-1", f"{path}-2"]
