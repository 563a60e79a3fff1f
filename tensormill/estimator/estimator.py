"""`tf.estimator.Estimator`: a model function, trained, evaluated, asked and exported.

Source: TensorFlow Estimator 1.15, python/estimator/estimator.py.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tensormill.estimator import eval_results, model_export, warm_start
from tensormill.estimator.estimator_checks import (
    assert_members_are_not_overridden,
    check_hooks,
    check_listeners,
    completed_config,
    verify_model_fn_args,
)
from tensormill.estimator.estimator_spec import LOSS_METRIC_KEY, EstimatorSpec
from tensormill.estimator.function_arguments import fn_args, parse_input_fn_result
from tensormill.estimator.mode_keys import ModeKeys
from tensormill.estimator.run_config import TaskType
from tensormill.estimator.strategies import called_in_strategy
from tensormill.estimator.training_loop import run_training
from tensormill.graph import errors, nest, tf_logging
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import device
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.tensor import Tensor
from tensormill.metrics.averages import mean
from tensormill.ops.grouping import group
from tensormill.ops.random_seeds import set_random_seed
from tensormill.platform import gfile
from tensormill.train.checkpoints.reader import NewCheckpointReader
from tensormill.train.checkpoints.state_file import latest_checkpoint
from tensormill.train.checkpoints.variable_loading import list_variables, load_variable
from tensormill.train.device_setter import STANDARD_PS_OPS, replica_device_setter
from tensormill.train.evaluation import (
    StopAfterNEvalsHook,
    evaluate_once,
    get_or_create_eval_step,
)
from tensormill.train.global_step import (
    create_global_step,
    get_global_step,
    get_or_create_global_step_read,
)
from tensormill.train.monitored.control_hooks import StopAtStepHook
from tensormill.train.monitored.monitored_session import MonitoredSession
from tensormill.train.monitored.scaffold import Scaffold
from tensormill.train.monitored.session_creators import ChiefSessionCreator
from tensormill.train.monitored.session_run_hook import SessionRunHook

__all__ = ["Estimator", "load_global_step"]

_RESERVED_METRICS = {LOSS_METRIC_KEY: '"loss"', GraphKeys.GLOBAL_STEP: "`global_step`"}


class Estimator:
    """A model function, and the folder in which its training goes on.

    Args:
      model_fn: a function of `features` and, where it takes them, `labels`, `mode`, `params` and
        `config`, that returns an `EstimatorSpec`.
      model_dir: the folder of checkpoints and events; by default that of `config`, or a temporary
        one.
      config: a `RunConfig`.
      params: what `model_fn` and input functions get as `params`.
      warm_start_from: a checkpoint, an exported model or `WarmStartSettings` to start from.

    Raises:
      ValueError: an argument is not as described.

    >>> import tensormill as tf
    >>> def model_fn(features, labels, mode):
    ...     return tf.estimator.EstimatorSpec(mode, predictions=features["x"] * 2.0)
    >>> model = tf.estimator.Estimator(model_fn, tf.test.get_temp_dir())
    >>> def input_fn():
    ...     return tf.data.Dataset.from_tensor_slices({"x": [1.0, 2.0]}).batch(2)
    >>> [float(each) for each in model.predict(input_fn)]
    [2.0, 4.0]
    """

    def __init__(
        self,
        model_fn: Callable[..., Any] | None,
        model_dir: Any = None,
        config: Any = None,
        params: Any = None,
        warm_start_from: Any = None,
    ) -> None:
        assert_members_are_not_overridden(Estimator, self)
        self._config = completed_config(config, model_dir)
        self._model_dir: str = self._config.model_dir
        self._session_config = self._config.session_config
        tf_logging.info("Using config: %s", str(vars(self._config)))
        self._device_fn = self._config.device_fn or _replica_device_setter(self._config)
        if model_fn is None:
            raise ValueError("model_fn must be provided to Estimator.")
        verify_model_fn_args(model_fn, params)
        self._model_fn = model_fn
        self._params = copy.deepcopy(params or {})
        self._warm_start_settings = warm_start.settings_of(warm_start_from)

    @property
    def model_dir(self) -> str:
        """The folder of checkpoints and events."""
        return self._model_dir

    @property
    def config(self) -> Any:
        """A copy of the `RunConfig`."""
        return copy.deepcopy(self._config)

    @property
    def params(self) -> Any:
        """A copy of `params`."""
        return copy.deepcopy(self._params)

    @property
    def model_fn(self) -> Callable[..., EstimatorSpec]:
        """The model function, of features, labels, mode and config."""

        def public_model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
            return self._call_model_fn(features, labels, mode, config)

        return public_model_fn

    def get_variable_value(self, name: str) -> Any:
        """Return the value of a variable in the latest checkpoint.

        Raises:
          ValueError: there is no checkpoint.
        """
        self._check_checkpoint()
        return load_variable(self.model_dir, name)

    def get_variable_names(self) -> list[str]:
        """Return the names of the variables in the latest checkpoint.

        Raises:
          ValueError: there is no checkpoint.
        """
        self._check_checkpoint()
        return [name for name, _ in list_variables(self.model_dir)]

    def _check_checkpoint(self) -> None:
        if not self.latest_checkpoint():
            raise ValueError(f"Could not find trained model in model_dir: {self.model_dir}.")

    def latest_checkpoint(self) -> str | None:
        """Return the path of the latest checkpoint, None where there is none."""
        return latest_checkpoint(self.model_dir)

    def eval_dir(self, name: str | None = None) -> str:
        """Return the folder of the events of evaluations, by the name that they are given."""
        return os.path.join(self._model_dir, "eval" if not name else f"eval_{name}")

    def train(
        self,
        input_fn: Callable[..., Any],
        hooks: Any = None,
        steps: int | None = None,
        max_steps: int | None = None,
        saving_listeners: Any = None,
    ) -> Estimator:
        """Train the model, from its latest checkpoint on; return the estimator.

        Args:
          input_fn: returns a dataset, or features and labels.
          hooks: called around each step.
          steps: how many steps; by default to the end of the input.
          max_steps: the global step to stop at.
          saving_listeners: told of each checkpoint.

        Raises:
          ValueError: the numbers of steps are not sound, or this task is one that does not train.
          TypeError: a hook or listener is none.
        """
        if self._config.task_type in (TaskType.EVALUATOR, TaskType.PS):
            raise ValueError(
                "Train has been called wrong configuration. Please use "
                "tf.estimator.train_and_evaluate which calls proper API according to given "
                f"configuration. Current configuration: {self.config}."
            )
        if steps is not None and max_steps is not None:
            raise ValueError("Can not provide both steps and max_steps.")
        if steps is not None and steps <= 0:
            raise ValueError(f"Must specify steps > 0, given: {steps}")
        if max_steps is not None and max_steps <= 0:
            raise ValueError(f"Must specify max_steps > 0, given: {max_steps}")
        if max_steps is not None and max_steps <= load_global_step(self._model_dir):
            tf_logging.info("Skipping training since max_steps has already saved.")
            return self
        hooks = check_hooks(hooks)
        if steps is not None or max_steps is not None:
            hooks.append(StopAtStepHook(steps, max_steps))
        loss = self._train_model(input_fn, hooks, check_listeners(saving_listeners))
        tf_logging.info("Loss for final step: %s.", loss)
        return self

    def _train_model(
        self, input_fn: Callable[..., Any], hooks: list[SessionRunHook], saving_listeners: list[Any]
    ) -> Any:
        with Graph().as_default() as graph, device(self._device_fn):
            set_random_seed(self._config.tf_random_seed)
            if self._create_and_assert_global_step(graph) is not None:
                get_or_create_global_step_read(graph)
            features, labels, worker_hooks = self._get_features_and_labels_from_input_fn(
                input_fn, ModeKeys.TRAIN
            )
            spec = self._call_model_fn(features, labels, ModeKeys.TRAIN, self.config)
            return self._train_with_estimator_spec(
                spec, worker_hooks, hooks, get_global_step(graph), saving_listeners
            )

    def _train_with_estimator_spec(
        self,
        estimator_spec: EstimatorSpec,
        worker_hooks: list[SessionRunHook],
        hooks: list[SessionRunHook],
        global_step_tensor: Any,
        saving_listeners: list[Any],
    ) -> Any:
        if self._warm_start_settings:
            warm_start.apply_settings(self._warm_start_settings)
        return run_training(
            self._config,
            estimator_spec,
            [*worker_hooks, *hooks],
            global_step_tensor,
            saving_listeners,
        )

    def evaluate(
        self,
        input_fn: Callable[..., Any],
        steps: int | None = None,
        hooks: Any = None,
        checkpoint_path: Any = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        """Return the metrics of the model by name, the global step among them.

        Args:
          input_fn: returns a dataset, or features and labels.
          steps: how many steps; by default to the end of the input.
          hooks: called around each step.
          checkpoint_path: by default the latest checkpoint; without any, new variables are used.
          name: of the evaluation, where there are several.

        Raises:
          ValueError: `steps` is not positive, or a metric has a reserved name.
          TypeError: a hook is none.
        """
        all_hooks = check_hooks(hooks)
        all_hooks.extend(self._convert_eval_steps_to_hooks(steps))
        if not checkpoint_path:
            checkpoint_path = self.latest_checkpoint()
            if not checkpoint_path:
                tf_logging.info(
                    f"Could not find trained model in model_dir: {self._model_dir}, running "
                    "initialization to evaluate."
                )
        with Graph().as_default():
            scaffold, update_op, eval_dict, all_hooks = self._evaluate_build_graph(
                input_fn, all_hooks, checkpoint_path
            )
            return self._evaluate_run(
                checkpoint_path, scaffold, update_op, eval_dict, all_hooks, self.eval_dir(name)
            )

    def _convert_eval_steps_to_hooks(self, steps: int | None) -> list[SessionRunHook]:
        if steps is None:
            return []
        if steps <= 0:
            raise ValueError(f"Must specify steps > 0, given: {steps}")
        return [StopAfterNEvalsHook(num_evals=steps)]

    def _evaluate_build_graph(
        self, input_fn: Callable[..., Any], hooks: Any = None, checkpoint_path: Any = None
    ) -> tuple[Any, Any, dict[str, Any], list[SessionRunHook]]:
        graph = get_default_graph()
        set_random_seed(self._config.tf_random_seed)
        self._create_and_assert_global_step(graph)
        features, labels, input_hooks = self._get_features_and_labels_from_input_fn(
            input_fn, ModeKeys.EVAL
        )
        spec = self._call_model_fn(features, labels, ModeKeys.EVAL, self.config)
        metrics = spec.eval_metric_ops
        for reserved, quoted in _RESERVED_METRICS.items():
            if reserved in metrics:
                raise ValueError(
                    f"Metric with name {quoted} is not allowed, because Estimator already defines "
                    "a default metric with the same name."
                )
        metrics[LOSS_METRIC_KEY] = mean(spec.loss)
        ordered = sorted(metrics.items())
        eval_dict = {name: value for name, (value, _) in ordered}
        update_op = group(*(update for _, (_, update) in ordered))
        global_step = get_global_step(graph)
        self._maybe_warm_start(checkpoint_path)
        eval_dict[GraphKeys.GLOBAL_STEP] = global_step
        all_hooks = [*input_hooks, *(hooks or []), *spec.evaluation_hooks]
        scaffold = spec.scaffold
        if scaffold and scaffold.local_init_op:
            get_or_create_eval_step()  # the variable must be there when its default is made
            scaffold = Scaffold(
                local_init_op=group(scaffold.local_init_op, Scaffold.default_local_init_op()),
                copy_from_scaffold=scaffold,
            )
        return scaffold, update_op, eval_dict, all_hooks

    def _evaluate_run(
        self,
        checkpoint_path: Any,
        scaffold: Any,
        update_op: Any,
        eval_dict: dict[str, Any],
        all_hooks: list[SessionRunHook],
        output_dir: str,
    ) -> dict[str, Any]:
        results: dict[str, Any] = evaluate_once(
            checkpoint_path=checkpoint_path,
            master=self._config.evaluation_master,
            scaffold=scaffold,
            eval_ops=update_op,
            final_ops=eval_dict,
            hooks=all_hooks,
            config=self._session_config,
        )
        step = results[GraphKeys.GLOBAL_STEP]
        eval_results.write_results(output_dir, results, step)
        if checkpoint_path:
            eval_results.write_checkpoint_path(output_dir, checkpoint_path, step)
        return results

    def _maybe_warm_start(self, checkpoint_path: Any) -> None:
        if not checkpoint_path and self._warm_start_settings:
            warm_start.apply_settings(self._warm_start_settings)

    def predict(
        self,
        input_fn: Callable[..., Any],
        predict_keys: Any = None,
        hooks: Any = None,
        checkpoint_path: Any = None,
        yield_single_examples: bool = True,
    ) -> Iterator[Any]:
        """Yield the predictions of the model, one for each example.

        Args:
          input_fn: returns a dataset, or features.
          predict_keys: which of the predictions, by name.
          hooks: called around each step.
          checkpoint_path: by default the latest checkpoint; without any, new variables are used.
          yield_single_examples: yield those of a whole batch at once where it is False.

        Raises:
          ValueError: the keys are not there, or predictions differ in length.
        """
        all_hooks = check_hooks(hooks)
        checkpoint_path = checkpoint_path or self.latest_checkpoint()
        if not checkpoint_path:
            tf_logging.info(
                f"Could not find trained model in model_dir: {self._model_dir}, running "
                "initialization to predict."
            )
        with Graph().as_default() as graph:
            set_random_seed(self._config.tf_random_seed)
            self._create_and_assert_global_step(graph)
            features, input_hooks = self._get_features_from_input_fn(input_fn, ModeKeys.PREDICT)
            spec = self._call_model_fn(features, None, ModeKeys.PREDICT, self.config)
            self._maybe_warm_start(checkpoint_path)
            predictions = _chosen(spec.predictions, predict_keys)
            creator = ChiefSessionCreator(
                spec.scaffold,
                self._config.master,
                self._session_config,
                checkpoint_filename_with_path=checkpoint_path,
            )
            all_hooks = [*input_hooks, *all_hooks, *spec.prediction_hooks]
            with MonitoredSession(creator, all_hooks) as session:
                while not session.should_stop():
                    values = session.run(predictions)
                    if not yield_single_examples:
                        yield values
                    elif not isinstance(predictions, dict):
                        yield from values
                    else:
                        for index in range(_batch_length(values)):
                            yield {key: value[index] for key, value in values.items()}

    def export_saved_model(
        self,
        export_dir_base: Any,
        serving_input_receiver_fn: Callable[[], Any] | None,
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        checkpoint_path: Any = None,
        experimental_mode: str = ModeKeys.PREDICT,
    ) -> bytes:
        """Write the model as a SavedModel, and return its folder.

        Args:
          export_dir_base: the folder in which the model gets one named by the time.
          serving_input_receiver_fn: returns a `ServingInputReceiver`, the inputs of the model.
          assets_extra: files to copy along, by their path below "assets.extra".
          as_text: write the text format of protobuf.
          checkpoint_path: by default the latest checkpoint.
          experimental_mode: what the graph is built for.

        Raises:
          ValueError: there is no function, or no checkpoint.
        """
        if not serving_input_receiver_fn:
            raise ValueError("An input_receiver_fn must be defined.")
        return self._export_all_saved_models(
            export_dir_base,
            {experimental_mode: serving_input_receiver_fn},
            assets_extra,
            as_text,
            checkpoint_path,
        )

    def experimental_export_all_saved_models(
        self,
        export_dir_base: Any,
        input_receiver_fn_map: Mapping[str, Any],
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        checkpoint_path: Any = None,
    ) -> bytes:
        """As `export_saved_model`, with a graph for each mode of `input_receiver_fn_map`."""
        return self._export_all_saved_models(
            export_dir_base, input_receiver_fn_map, assets_extra, as_text, checkpoint_path
        )

    def export_savedmodel(
        self,
        export_dir_base: Any,
        serving_input_receiver_fn: Callable[[], Any] | None,
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        checkpoint_path: Any = None,
        strip_default_attrs: bool = False,
    ) -> bytes:
        """As `export_saved_model`; keeps attributes that have their default value."""
        if not serving_input_receiver_fn:
            raise ValueError("An input_receiver_fn must be defined.")
        return self._export_all_saved_models(
            export_dir_base,
            {ModeKeys.PREDICT: serving_input_receiver_fn},
            assets_extra,
            as_text,
            checkpoint_path,
            strip_default_attrs,
        )

    def _export_all_saved_models(
        self,
        export_dir_base: Any,
        input_receiver_fn_map: Mapping[str, Any],
        assets_extra: Mapping[str, str] | None = None,
        as_text: bool = False,
        checkpoint_path: Any = None,
        strip_default_attrs: bool = True,
    ) -> bytes:
        path = checkpoint_path or self.latest_checkpoint()
        if not path and self._warm_start_settings:
            path = self._warm_start_settings.ckpt_to_initialize_from
            if gfile.IsDirectory(path):
                path = latest_checkpoint(path)
        if not path:
            raise ValueError(f"Couldn't find trained model at {self._model_dir}.")
        return model_export.export_models(
            self,
            export_dir_base,
            input_receiver_fn_map,
            assets_extra,
            as_text,
            path,
            strip_default_attrs,
        )

    def _create_global_step(self, graph: Any) -> Any:
        return create_global_step(graph)

    def _create_and_assert_global_step(self, graph: Any) -> Any:
        step = self._create_global_step(graph)
        if step is not get_global_step(graph) or not step.dtype.is_integer:
            raise ValueError("The global step must be an integer and the one of the graph.")
        return step

    def _get_features_from_input_fn(
        self, input_fn: Callable[..., Any], mode: str
    ) -> tuple[Any, list[SessionRunHook]]:
        features, _, hooks = parse_input_fn_result(self._call_input_fn(input_fn, mode))
        if not _has_an_end(features):
            tf_logging.warning(
                "Input graph does not use tf.data.Dataset or contain a QueueRunner. That means "
                "predict yields forever. This is probably a mistake."
            )
        return features, hooks

    def _get_features_and_labels_from_input_fn(
        self, input_fn: Callable[..., Any], mode: str
    ) -> tuple[Any, Any, list[SessionRunHook]]:
        return parse_input_fn_result(self._call_input_fn(input_fn, mode))

    def _call_input_fn(self, input_fn: Callable[..., Any], mode: str) -> Any:
        known = {"mode": mode, "params": self.params, "config": self.config}
        wanted = {name: known[name] for name in fn_args(input_fn) if name in known}
        with device("/cpu:0"):
            return input_fn(**wanted)

    def _call_model_fn(self, features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
        names = fn_args(self._model_fn)
        if labels is not None and "labels" not in names:
            raise ValueError("model_fn does not take labels, but input_fn returns labels.")
        known = {"labels": labels, "mode": mode, "params": self.params, "config": config}
        wanted = {name: known[name] for name in names if name in known}
        tf_logging.info("Calling model_fn.")
        spec = called_in_strategy(config, mode, self._model_fn, features=features, **wanted)
        tf_logging.info("Done calling model_fn.")
        if not isinstance(spec, EstimatorSpec):
            raise ValueError("model_fn should return an EstimatorSpec.")
        return spec


def _replica_device_setter(config: Any) -> Any:
    if config.num_ps_replicas <= 0:
        return None
    worker = f"/job:{config.task_type}/task:{config.task_id}" if config.task_type else "/job:worker"
    return replica_device_setter(
        ps_tasks=config.num_ps_replicas,
        worker_device=worker,
        merge_devices=True,
        ps_ops=list(STANDARD_PS_OPS),
        cluster=config.cluster_spec,
    )


def load_global_step(model_dir: str) -> int:
    """Return the global step of the latest checkpoint of a folder, 0 without any."""
    path = latest_checkpoint(model_dir)
    if not path:
        return 0
    try:
        return int(NewCheckpointReader(path).get_tensor(GraphKeys.GLOBAL_STEP))
    except errors.OpError:  # the checkpoint has none, or was deleted meanwhile
        return 0


def _has_an_end(features: Any) -> bool:
    tensors = [each for each in nest.flatten(features) if isinstance(each, Tensor)]
    return any(tensor.op.type == "IteratorGetNext" for tensor in tensors) or bool(
        get_default_graph().get_collection(GraphKeys.QUEUE_RUNNERS)
    )


def _chosen(predictions: Any, keys: Any) -> Any:
    """Return the predictions of some names."""
    if not keys:
        return predictions
    if not isinstance(predictions, dict):
        raise ValueError("predict_keys argument is not valid in case of non-dict predictions.")
    chosen = {key: value for key, value in predictions.items() if key in keys}
    if not chosen:
        raise ValueError(
            f"Expected to run at least one output from {predictions.keys()}, provided {keys}."
        )
    return chosen


def _batch_length(values: Mapping[str, Any]) -> int:
    length = 0
    for key, value in values.items():
        length = length or value.shape[0]
        if value.shape[0] != length:
            raise ValueError(
                f"Batch length of predictions should be same. {key} has different batch length "
                "than others."
            )
    return length
