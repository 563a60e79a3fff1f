"""What programs import from `tensorflow.python.client`."""
