"""`tf.contrib.cudnn_rnn`: recurrent networks whose parameters are one vector, as cuDNN has them.

They are computed by the ops that there are, on any device. `parameters` knows how the vector is
laid out, `sequences` runs a network, `layers` are what programs use, `saveables` save the
parameters as the variables of cells, and `compatible_cells` are those cells.

Source: TensorFlow 1.15, contrib/cudnn_rnn.
"""
