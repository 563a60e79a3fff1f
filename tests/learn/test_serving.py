"""Wide and deep models of `tf.contrib.learn`, exports of fitted models, experiments that export."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf

learn = tf.contrib.learn
AGE = np.float32([[20.0], [30.0], [40.0], [50.0]])
JOB = np.array([["a"], ["b"], ["a"], ["b"]], object)
LABELS = np.array([0, 1, 0, 1])


def columns():
    job = tf.contrib.layers.sparse_column_with_hash_bucket("job", 10)
    deep = [
        tf.contrib.layers.real_valued_column("age"),
        tf.contrib.layers.embedding_column(job, dimension=2),
    ]
    return [job], deep


def input_fn():
    data = tf.data.Dataset.from_tensor_slices(({"age": AGE, "job": JOB.astype(str)}, LABELS))
    return data.repeat().batch(4).make_one_shot_iterator().get_next()


def wide_and_deep(folder, **kwargs):
    wide, deep = columns()
    return learn.DNNLinearCombinedClassifier(
        model_dir=str(folder),
        linear_feature_columns=wide,
        dnn_feature_columns=deep,
        dnn_hidden_units=[4],
        config=learn.RunConfig(tf_random_seed=1),
        **kwargs,
    )


def test_a_wide_and_deep_classifier_learns(tmp_path):
    model = wide_and_deep(tmp_path, fix_global_step_increment_bug=True)
    model.fit(input_fn=input_fn, steps=60)
    found = model.evaluate(input_fn=input_fn, steps=1)
    assert found["global_step"] == 60
    assert found["accuracy"] == 1.0
    names = set(model.get_variable_names())
    assert {
        "dnn/hiddenlayer_0/weights", "dnn/logits/biases", "dnn/learning_rate",
        "linear/learning_rate",
    } <= names  # fmt: skip
    assert any(name.startswith("linear/") and "Ftrl" in name for name in names)


def test_both_parts_count_steps_unless_told_not_to(tmp_path):
    steps = []

    class Counting(tf.train.SessionRunHook):
        def before_run(self, run_context):
            steps.append(1)

    model = wide_and_deep(tmp_path).fit(input_fn=input_fn, steps=8, monitors=[Counting()])
    assert model.get_variable_value("global_step") == 2 * len(steps)


def test_a_wide_and_deep_regressor_has_one_part_or_both(tmp_path):
    _, deep = columns()
    model = learn.DNNLinearCombinedRegressor(
        str(tmp_path), linear_feature_columns=deep[:1], fix_global_step_increment_bug=True
    )
    model.fit(input_fn=input_fn, steps=2)
    assert not any(name.startswith("dnn") for name in model.get_variable_names())
    with pytest.raises(ValueError, match="Either linear_feature_columns or dnn_feature_columns"):
        learn.DNNLinearCombinedRegressor()
    with pytest.raises(ValueError, match="dnn_hidden_units must be defined"):
        learn.DNNLinearCombinedRegressor(dnn_feature_columns=deep)


def exported(path):
    graph = tf.Graph()
    with tf.Session(graph=graph) as session:
        return tf.saved_model.loader.load(session, ["serve"], tf.compat.as_text(path))


def examples_fn():
    spec = tf.feature_column.make_parse_example_spec([columns()[0][0], columns()[1][0]])
    return learn.build_parsing_serving_input_fn(spec)


def test_a_classifier_is_exported_with_signatures_for_serving(tmp_path):
    model = wide_and_deep(tmp_path / "model").fit(input_fn=input_fn, steps=2)
    path = model.export_savedmodel(str(tmp_path / "parsed"), examples_fn())
    signatures = exported(path).signature_def
    assert set(signatures) == {"default_input_alternative:None", "serving_default"}
    assert signatures["serving_default"].method_name == "tensorflow/serving/classify"
    assert set(signatures["serving_default"].outputs) == {"scores"}

    def placeholders():
        features = {"age": tf.zeros([1, 1]), "job": tf.constant([["a"]])}
        return learn.build_default_serving_input_fn(features)()

    path = model.export_savedmodel(str(tmp_path / "raw"), placeholders)
    signature = exported(path).signature_def["serving_default"]
    assert signature.method_name == "tensorflow/serving/predict"
    assert set(signature.inputs) == {"age", "job"}
    assert set(signature.outputs) == {"logits", "logistic", "probabilities", "classes"}


def line_fn(features, labels, mode):
    y = tf.contrib.layers.fully_connected(features["x"], 1, None)
    alternatives = {
        "line": (learn.ProblemType.LINEAR_REGRESSION, {"scores": y}),
        "half": (learn.ProblemType.UNSPECIFIED, {"half": y / 2.0}),
    }
    if mode == learn.ModeKeys.INFER:
        return learn.ModelFnOps(mode, {"scores": y}, output_alternatives=alternatives)
    loss = tf.losses.mean_squared_error(labels, y)
    train_op = tf.contrib.layers.optimize_loss(loss, None, 0.1, "SGD")
    return learn.ModelFnOps(mode, {"scores": y}, loss, train_op)


def line_input_fn():
    return {"x": tf.constant([[1.0]])}, tf.constant([[2.0]])


def line_serving_fn():
    spec = {"x": tf.FixedLenFeature([1], tf.float32)}
    return learn.utils.input_fn_utils.build_parsing_serving_input_fn(spec)()


def test_a_model_with_several_heads_says_which_one_answers(tmp_path):
    model = learn.Estimator(line_fn, str(tmp_path / "model"))
    model.fit(input_fn=line_input_fn, steps=1)
    with pytest.raises(ValueError, match="Please specify a default_output_alternative"):
        model.export_savedmodel(str(tmp_path / "a"), line_serving_fn)
    with pytest.raises(ValueError, match="Requested default_output_alternative: no"):
        model.export_savedmodel(str(tmp_path / "b"), line_serving_fn, "no")
    path = model.export_savedmodel(str(tmp_path / "c"), line_serving_fn, "line")
    signatures = exported(path).signature_def
    assert {name: each.method_name.split("/")[-1] for name, each in signatures.items()} == {
        "default_input_alternative:line": "regress",
        "default_input_alternative:half": "predict",
        "serving_default": "regress",
    }


def experiment(folder, **kwargs):
    strategy = learn.make_export_strategy(line_serving_fn, "half", exports_to_keep=1)
    return learn.Experiment(
        learn.Estimator(line_fn, str(folder)),
        line_input_fn,
        line_input_fn,
        eval_steps=1,
        export_strategies=strategy,
        **kwargs,
    )


def test_an_experiment_exports_its_model(tmp_path):
    found, (path,) = experiment(tmp_path, train_steps=3).train_and_evaluate()
    assert found["global_step"] == 3
    assert tf.compat.as_text(path).startswith(str(tmp_path / "export" / "Servo"))
    assert "serving_default" in exported(path).signature_def


def test_an_experiment_trains_and_evaluates_in_turn(tmp_path):
    made = experiment(tmp_path, train_steps=4, train_steps_per_iteration=2)
    seen = []

    def goes_on(found):
        seen.append(found and found["global_step"])
        return True

    found, (path,) = made.continuous_train_and_eval(goes_on)
    assert seen == [None, 2, 4]
    assert found["global_step"] == 4
    assert len(list((tmp_path / "export" / "Servo").iterdir())) == 1
    assert exported(path).signature_def["serving_default"].outputs["half"].dtype == 1
    with pytest.raises(ValueError, match="must be a callable"):
        made.continuous_train_and_eval(3)


def test_an_export_function_gets_what_it_takes(tmp_path):
    seen = []
    strategies = [
        learn.ExportStrategy("a", lambda estimator, path: seen.append(path)),
        learn.ExportStrategy(
            "b", lambda estimator, path, checkpoint_path, eval_result: seen.append(eval_result)
        ),
    ]
    made = experiment(tmp_path)
    assert [each.name for each in made.reset_export_strategies(strategies)] == ["Servo"]
    found, _ = made.test()
    assert seen == [str(tmp_path / "export" / "a"), found]
    with pytest.raises(ValueError, match="must also accept checkpoint_path"):
        learn.ExportStrategy("c", lambda e, p, eval_result: 0).export(None, "")
    with pytest.raises(ValueError, match="unique names"):
        made.reset_export_strategies([strategies[0]] * 2)
