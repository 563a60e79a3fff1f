"""`tf.contrib.predictor`."""

from tensormill.saved_model.predictor import Predictor, SavedModelPredictor, from_saved_model
