"""TensorFlow: the Keras model as one `tf.function`."""

import os

os.environ.update(KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")

import keras
import tensorflow
from protocol import Engine, serve


class TensorFlow(Engine):
    def load(self, path, threads):
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
        self.model = keras.models.load_model(path, compile=False)

    def prepare(self, inputs):
        self.inputs = [tensorflow.constant(array) for array in inputs]
        call = tensorflow.function(lambda *tensors: self.model(list(tensors), training=False))
        self.function = call.get_concrete_function(*self.inputs)

    def predict(self):
        self.outputs = self.function(*self.inputs)

    def results(self):
        return [output.numpy() for output in keras.tree.flatten(self.outputs)]


serve(TensorFlow())
