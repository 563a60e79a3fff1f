"""Runs a program for TensorFlow 1 with real TensorFlow: `real_tensorflow.py script.py [args]`.

Real TensorFlow here is a later one, whose module `compat.v1` is what the program is to import.
"""

import runpy
import sys

import tensorflow

version_1 = tensorflow.compat.v1
version_1.disable_v2_behavior()
sys.modules["tensorflow"] = version_1
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
