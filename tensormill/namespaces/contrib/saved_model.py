"""`tf.contrib.saved_model`: models of Keras as SavedModels."""

from tensormill.keras.exported_models import export_saved_model as save_keras_model
from tensormill.keras.exported_models import load_from_saved_model as load_keras_model
