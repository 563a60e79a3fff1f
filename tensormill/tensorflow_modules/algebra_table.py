"""Rows of the table of modules for linear operators; see `table`."""

from __future__ import annotations

__all__ = ["ALGEBRA_ROWS"]

ALGEBRA_ROWS = {
    "python.ops.linalg.linear_operator_addition": """
        add_operators=linear_operators.addition.add_operators
        _Hints=linear_operators.addition.AdditionHints
        _Adder=linear_operators.addition.OperatorAdder
        _AddAndReturnScaledIdentity=linear_operators.addition.ScaledIdentityAdder
        _AddAndReturnDiag=linear_operators.addition.DiagAdder
        _AddAndReturnTriL=linear_operators.addition.TriangleAdder
        _AddAndReturnMatrix=linear_operators.addition.MatrixAdder""",
    "python.ops.linalg.linear_operator_algebra": """
        tensorflow_modules.operator_functions linear_operators.rules""",
    "python.ops.linalg.linear_operator_circulant": """
        linear_operators.circulant
        _BaseLinearOperatorCirculant=linear_operators.circulant.CirculantBase""",
    "python.ops.linalg.linear_operator_identity": "linear_operators.identities",
    "python.ops.linalg.linear_operator_test_util": """
        unittesting.linear_operators unittesting.random_matrices""",
    "python.ops.linalg.linear_operator_util": """
        linear_operators.broadcasting tensorflow_modules.operator_functions""",
    "python.ops.linalg.registrations_util": "linear_operators.hints",
}
