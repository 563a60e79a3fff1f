"""Which module of tensormill stands for which one of `tensorflow.python.framework`; see `table`."""

from __future__ import annotations

__all__ = ["FRAMEWORK_ROWS"]

FRAMEWORK_ROWS = {
    "python.framework.composite_tensor": """
        graph.type_specs
        replace_composites_with_components=tensorflow_modules.composite_values.replace_composites_with_components""",
    "python.framework.composite_tensor_utils": "tensorflow_modules.composite_values",
    "python.framework.dtypes": """
        graph.dtypes _TYPE_TO_STRING=tensorflow_modules.dtype_tables.TYPE_TO_STRING
        _NP_TO_TF=tensorflow_modules.dtype_tables.NP_TO_TF
        _TF_TO_NP=tensorflow_modules.dtype_tables.TF_TO_NP
        _STRING_TO_TF=tensorflow_modules.dtype_tables.STRING_TO_TF
        _PYTHON_TO_TF=tensorflow_modules.dtype_tables.PYTHON_TO_TF
        _INTERN_TABLE=tensorflow_modules.dtype_tables.INTERN_TABLE
        _ANY_TO_TF=tensorflow_modules.dtype_tables.ANY_TO_TF
        _np_bfloat16=tensorflow_modules.dtype_tables.np_bfloat16
        TYPE_TO_STRING=tensorflow_modules.dtype_tables.TYPE_TO_STRING""",
    "python.framework.errors": "graph.errors",
    "python.framework.errors_impl": """
        graph.errors
        OperatorNotAllowedInGraphError=graph.tensor.OperatorNotAllowedInGraphError
        _CODE_TO_EXCEPTION_CLASS=graph.errors._CODE_TO_CLASS
        _EXCEPTION_CLASS_TO_CODE=graph.errors._CLASS_TO_CODE
        _make_specific_exception=tensorflow_modules.graph_functions.make_specific_exception""",
    "python.framework.kernels": "tensorflow_modules.kernel_definitions",
    "python.framework.tensor_util": """
        constant_value_as_shape=tensorflow_modules.static_shapes.constant_value_as_shape
        shape_tensor=tensorflow_modules.static_shapes.shape_tensor
        maybe_set_static_shape=tensorflow_modules.static_shapes.maybe_set_static_shape
        TensorShapeProtoToList=tensorflow_modules.static_shapes.TensorShapeProtoToList
        ShapeEquals=tensorflow_modules.static_shapes.ShapeEquals
        tensorflow_modules.tensor_contents
        _NP_TO_APPEND_FN=tensorflow_modules.tensor_contents.APPENDERS
        _MediumAppendFloat16ArrayToTensorProto=tensorflow_modules.tensor_contents.AppendFloat16ArrayToTensorProto""",
    "python.framework.fast_tensor_util": "tensorflow_modules.tensor_contents",
    "python.framework.test_util": """
        unittesting.test_decorators unittesting.graph_comparison
        unittesting.test_case unittesting.graph_inspection unittesting.checked_thread
        unittesting.local_servers
        _find_reference_cycle=unittesting.reference_cycles.find_reference_cycle""",
    "python.platform.benchmark": """
        unittesting.benchmark
        Benchmark=unittesting.benchmark.ReportingBenchmark
        TensorFlowBenchmark=unittesting.benchmark.Benchmark
        _run_benchmarks=unittesting.benchmark.run_benchmarks
        _global_report_benchmark=unittesting.benchmark.report_benchmark""",
}
