"""`tf.contrib.integrate`."""

from tensormill.functional.differential_equations import odeint, odeint_fixed
