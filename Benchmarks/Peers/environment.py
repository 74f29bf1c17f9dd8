"""Makes Keras on TensorFlow quiet and keeps it off other devices. Import before keras."""

import os

os.environ.update(KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
