"""Networks for images, with the names of variables of the checkpoints that go with them."""
