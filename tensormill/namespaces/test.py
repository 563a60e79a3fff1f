"""`tf.test`."""

from __future__ import annotations

from unittest import mock

from tensormill.session.device_attributes import (
    gpu_device_name,
    is_built_with_cuda,
    is_built_with_gpu_support,
    is_built_with_rocm,
    is_gpu_available,
)
from tensormill.unittesting.benchmark import Benchmark, benchmark_config
from tensormill.unittesting.directories import get_temp_dir, test_src_dir_path
from tensormill.unittesting.gradient_checker import compute_gradient, compute_gradient_error
from tensormill.unittesting.graph_comparison import assert_equal_graph_def
from tensormill.unittesting.local_servers import create_local_cluster
from tensormill.unittesting.running import main
from tensormill.unittesting.stubs import StubOutForTesting
from tensormill.unittesting.test_case import TestCase
