"""The tree of errors, and the record that an error carries from a kernel to the user."""

import copy
import pickle
from dataclasses import dataclass

import pytest
from tensorboard.compat.proto import node_def_pb2

from tensormill.graph import errors
from tensormill.graph.creation_site import CreationSite
from tensormill.graph.errors import ErrorRecord, InvalidArgumentError, OpError, attach_operation

# TensorFlow's codes, each with the constant and the class.
CODES = {
    1: ("CANCELLED", "CancelledError"),
    2: ("UNKNOWN", "UnknownError"),
    3: ("INVALID_ARGUMENT", "InvalidArgumentError"),
    4: ("DEADLINE_EXCEEDED", "DeadlineExceededError"),
    5: ("NOT_FOUND", "NotFoundError"),
    6: ("ALREADY_EXISTS", "AlreadyExistsError"),
    7: ("PERMISSION_DENIED", "PermissionDeniedError"),
    8: ("RESOURCE_EXHAUSTED", "ResourceExhaustedError"),
    9: ("FAILED_PRECONDITION", "FailedPreconditionError"),
    10: ("ABORTED", "AbortedError"),
    11: ("OUT_OF_RANGE", "OutOfRangeError"),
    12: ("UNIMPLEMENTED", "UnimplementedError"),
    13: ("INTERNAL", "InternalError"),
    14: ("UNAVAILABLE", "UnavailableError"),
    15: ("DATA_LOSS", "DataLossError"),
    16: ("UNAUTHENTICATED", "UnauthenticatedError"),
}
SITE = CreationSite("/home/me/train.py", 41, "build_model", "logits = tm.matmul(images, weights)")


@dataclass
class Op:
    """What an error asks of an operation."""

    name: str
    type: str = "MatMul"
    device: str = ""
    creation_site: CreationSite | None = None


class QueueError(errors.OutOfRangeError):
    """A user's class, with a constructor of its own."""

    def __init__(self, queue: str) -> None:
        super().__init__(None, None, f"{queue} is closed")
        self.queue = queue


def matmul_error() -> InvalidArgumentError:
    error = errors.invalid_argument(
        "MatMul: inner sizes differ: a is [32, 784] and b is [10, 784], so 784 != 10.",
        hint="pass transpose_b=True if b is stored as [outputs, inputs].",
    )
    return attach_operation(
        error,
        op_name="tower_1/MatMul",
        op_type="MatMul",
        device="/job:worker/task:1/device:CPU:0",
        creation_site=SITE,
        step_id=1207,
    )


@pytest.mark.parametrize(("code", "names"), CODES.items())
def test_each_code_has_its_constant_its_class_and_its_maker(
    code: int, names: tuple[str, str]
) -> None:
    constant, class_name = names
    kind = getattr(errors, class_name)
    assert getattr(errors, constant) == code
    error = kind(None, None, "text")
    assert isinstance(error, OpError)
    assert (error.message, error.error_code) == ("text", code)
    assert errors.exception_type_from_error_code(code) is kind
    assert errors.error_code_from_exception_type(kind) == code
    assert type(errors.error_from_code(code, "text")) is kind
    made = getattr(errors, constant.lower())("text", hint="do this.")
    assert type(made) is kind
    assert str(made) == "text\n  to fix: do this."


def test_an_error_keeps_what_it_was_made_with() -> None:
    node_def = node_def_pb2.NodeDef(name="a", op="NoOp")
    op = Op("a")
    error = InvalidArgumentError(node_def, op, "text", {"key": b"value"})
    assert error.node_def is node_def
    assert error.op is op
    assert error.message == "text"
    assert error.experimental_payloads == {"key": b"value"}
    assert InvalidArgumentError(node_def=None, op=None, message="text").experimental_payloads == {}
    assert OpError(None, None, "text", 3).error_code == 3


def test_an_error_without_an_operation_prints_its_message_alone() -> None:
    assert str(InvalidArgumentError(None, None, "text")) == "text"
    assert repr(InvalidArgumentError(None, None, "text")) == "InvalidArgumentError('text')"


def test_an_error_raised_with_an_operation_names_it_and_leaves_its_message() -> None:
    error = InvalidArgumentError(None, Op("a", device="/device:CPU:0"), "text")
    assert str(error) == "text\n  operation 'a' on /device:CPU:0"
    assert error.message == "text"


def test_a_full_error_says_what_where_and_what_to_do() -> None:
    assert str(matmul_error()) == (
        "MatMul: inner sizes differ: a is [32, 784] and b is [10, 784], so 784 != 10.\n"
        "  operation 'tower_1/MatMul' on /job:worker/task:1/device:CPU:0, step 1207\n"
        "  created at train.py:41 in build_model:  logits = tm.matmul(images, weights)\n"
        "  to fix: pass transpose_b=True if b is stored as [outputs, inputs]."
    )


def test_the_message_names_the_node_as_tensorflow_clients_expect() -> None:
    error = matmul_error()
    assert error.message.endswith("784 != 10.\n\t [[{{node tower_1/MatMul}}]]")
    assert "{{node" not in errors.record_of(error).message


def test_a_message_that_names_its_node_already_is_not_tagged_again() -> None:
    text = "bad\n\t [[{{node a}}]]"
    assert errors.error_from_record(ErrorRecord(3, text, op_name="b")).message == text


def test_attaching_an_operation_returns_the_same_error() -> None:
    error = errors.not_found("no file")
    assert attach_operation(error, op_name="read") is error
    assert error.record == ErrorRecord(errors.NOT_FOUND, "no file", op_name="read")


def test_attaching_takes_what_an_operation_says_of_itself() -> None:
    op = Op("a", type="Add", creation_site=SITE)
    error = attach_operation(errors.aborted("again"), op=op, device="/device:GPU:0", step_id=0)
    assert error.op is op
    assert str(error) == (
        "again\n  operation 'a' on /device:GPU:0, step 0\n"
        "  created at train.py:41 in build_model:  logits = tm.matmul(images, weights)"
    )
    assert error.record is not None
    assert error.record.op_type == "Add"


def test_what_was_attached_first_stays() -> None:
    error = attach_operation(errors.internal("bug"), op_name="inner", device="/device:CPU:0")
    outer = Op("outer", creation_site=SITE)
    attach_operation(error, op=outer, device="/device:CPU:1", step_id=5, hint="none")
    assert error.op is None
    assert error.record == ErrorRecord(
        errors.INTERNAL, "bug", op_name="inner", device="/device:CPU:0", step_id=5
    )


def test_more_can_be_attached_to_the_same_operation() -> None:
    error = attach_operation(errors.internal("bug"), op_name="a", step_id=5)
    attach_operation(error, op_name="a", op_type="Add", creation_site="train.py:1", step_id=6)
    assert error.record == ErrorRecord(
        errors.INTERNAL, "bug", op_name="a", op_type="Add", creation_site="train.py:1", step_id=5
    )


def test_a_record_makes_the_error_that_it_tells_of() -> None:
    record = errors.record_of(matmul_error())
    error = errors.error_from_record(record)
    assert type(error) is InvalidArgumentError
    assert error.record is record
    assert str(error) == str(matmul_error())


def test_the_record_of_a_plain_error_comes_from_its_node() -> None:
    node_def = node_def_pb2.NodeDef(name="a", op="Add", device="/device:CPU:0")
    record = errors.record_of(InvalidArgumentError(node_def, None, "text"))
    assert record == ErrorRecord(3, "text", op_name="a", op_type="Add", device="/device:CPU:0")


def test_an_unknown_code_is_an_unknown_error_that_keeps_the_code() -> None:
    error = errors.error_from_code(99, "text")
    assert type(error) is errors.UnknownError
    assert error.error_code == 99
    for code in (errors.OK, 99):
        with pytest.raises(KeyError):
            errors.exception_type_from_error_code(code)


def test_a_derived_class_has_the_code_of_its_base() -> None:
    assert errors.error_code_from_exception_type(QueueError) == errors.OUT_OF_RANGE


def test_a_class_outside_the_tree_is_unknown_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="Unknown class exception"):
        assert errors.error_code_from_exception_type(ValueError) == errors.UNKNOWN


@pytest.mark.parametrize("error", [matmul_error(), QueueError("q"), errors.aborted("text")])
def test_errors_survive_copying_and_pickling(error: OpError) -> None:
    for again in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert again.message == error.message
        assert again.error_code == error.error_code
        assert again.record == error.record


def test_a_user_error_keeps_its_own_attributes_when_pickled() -> None:
    assert pickle.loads(pickle.dumps(QueueError("q"))).queue == "q"


def test_an_operation_stays_at_home_when_an_error_is_pickled() -> None:
    op = Op("a", device="/device:CPU:0", creation_site=SITE)
    error = InvalidArgumentError(None, op, "text")
    away = pickle.loads(pickle.dumps(error))
    assert away.op is None
    assert str(away) == str(error)
    assert copy.copy(error).op is copy.deepcopy(error).op is op


def test_a_status_that_is_not_ok_is_raised_at_the_end_of_the_block() -> None:
    with errors.raise_exception_on_not_ok_status():
        pass
    with (
        pytest.raises(errors.NotFoundError, match="no such job"),
        errors.raise_exception_on_not_ok_status() as status,
    ):
        status.set(errors.NOT_FOUND, "no such job")


def test_the_status_block_lets_other_exceptions_through() -> None:
    with pytest.raises(KeyError), errors.raise_exception_on_not_ok_status():
        raise KeyError("x")
