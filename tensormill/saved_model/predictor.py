"""`tf.contrib.predictor`: a function of arrays, made of a saved model or of an estimator.

Source: TensorFlow 1.15, contrib/predictor: predictor.py, saved_model_predictor.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensormill.graph.graph import Graph
from tensormill.saved_model import loader
from tensormill.saved_model.signature_constants import DEFAULT_SERVING_SIGNATURE_DEF_KEY
from tensormill.saved_model.tag_constants import SERVING
from tensormill.session.session import Session

__all__ = ["Predictor", "SavedModelPredictor", "from_saved_model"]


class Predictor:
    """Feeds arrays by name and gives arrays by name.

    Attributes:
      graph: the graph.
      session: where the variables are.
      feed_tensors: the tensors that are fed, by name.
      fetch_tensors: the tensors that are given, by name.
    """

    def __init__(
        self, session: Any, feed_tensors: Mapping[str, Any], fetch_tensors: Mapping[str, Any]
    ) -> None:
        self.graph = session.graph
        self.session = session
        self.feed_tensors = dict(feed_tensors)
        self.fetch_tensors = dict(fetch_tensors)

    def __call__(self, input_dict: Mapping[str, Any]) -> Any:
        """Return the outputs by name.

        Args:
          input_dict: the inputs by name.

        Raises:
          ValueError: there is no such input.
        """
        unexpected = input_dict.keys() - self.feed_tensors.keys()
        if unexpected:
            raise ValueError(
                f"Got unexpected keys in input_dict: {unexpected}\n"
                f"expected: {set(self.feed_tensors)}"
            )
        feeds = {self.feed_tensors[name]: value for name, value in input_dict.items()}
        return self.session.run(self.fetch_tensors, feeds)


class SavedModelPredictor(Predictor):
    """A predictor with the inputs and outputs of a signature of a saved model."""

    def __init__(
        self,
        export_dir: Any,
        signature_def_key: str | None = None,
        signature_def: Any = None,
        input_names: Mapping[str, str] | None = None,
        output_names: Mapping[str, str] | None = None,
        tags: str | None = None,
        graph: Any = None,
        config: Any = None,
    ) -> None:
        """Load a saved model.

        Args:
          export_dir: the folder of the model.
          signature_def_key: the name of the signature, by default that for serving.
          signature_def: a signature; not with a name.
          input_names: names of tensors by the names of inputs; with `output_names`, in the place of
            a signature.
          output_names: names of tensors by the names of outputs.
          tags: the tags of the graph, with commas between them; "serve" by default.
          graph: where to load it, by default a new graph.
          config: a ConfigProto.

        Raises:
          ValueError: the signature is not there, or is given in two ways.
        """
        given = (signature_def_key, signature_def, input_names or output_names)
        if sum(each is not None for each in given) > 1:
            raise ValueError(
                "You must specify at most one of: signature_def_key OR signature_def OR "
                "(input_names AND output_names)."
            )
        if (input_names is None) != (output_names is None):
            raise ValueError("input_names and output_names must both be specified.")
        graph = graph or Graph()
        with graph.as_default():
            session = Session(graph=graph, config=config)
            message = loader.load(session, (tags or SERVING).split(","), export_dir)
        if input_names is None or output_names is None:
            signature = signature_def or _signature(
                message, signature_def_key or DEFAULT_SERVING_SIGNATURE_DEF_KEY
            )
            input_names = {name: info.name for name, info in signature.inputs.items()}
            output_names = {name: info.name for name, info in signature.outputs.items()}
        find = graph.get_tensor_by_name
        super().__init__(
            session,
            {name: find(tensor) for name, tensor in input_names.items()},
            {name: find(tensor) for name, tensor in output_names.items()},
        )


def _signature(message: Any, key: str) -> Any:
    if key not in message.signature_def:
        raise ValueError(
            f'Got signature_def_key "{key}". Available signatures are '
            f"{sorted(message.signature_def)}."
        )
    return message.signature_def[key]


def from_saved_model(
    export_dir: Any,
    signature_def_key: str | None = None,
    signature_def: Any = None,
    input_names: Mapping[str, str] | None = None,
    output_names: Mapping[str, str] | None = None,
    tags: str | None = None,
    graph: Any = None,
    config: Any = None,
) -> SavedModelPredictor:
    """Return a predictor of a saved model; see `SavedModelPredictor`."""
    return SavedModelPredictor(
        export_dir, signature_def_key, signature_def, input_names, output_names, tags, graph, config
    )
