"""What Python processes find that a program under `tensormill run` starts.

The folder above this package is put on PYTHONPATH. Importing it installs the finder, which takes
the place of this module: `tensorflow` is tensormill there too.
"""

import sys

del sys.modules["tensorflow"]

from tensormill.tensorflow_modules import finder  # noqa: E402

finder.install_as_tensorflow()
