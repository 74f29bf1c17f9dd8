"""OpenVINO: the model is given the shape of the inputs and compiled for it, in float32."""

import openvino
import openvino.properties as properties
import openvino.properties.hint as hint
from protocol import Engine, serve


class OpenVINO(Engine):
    def load(self, path, threads):
        self.core = openvino.Core()
        self.path = path
        self.model = self.core.read_model(path)
        self.settings = {
            hint.performance_mode: hint.PerformanceMode.LATENCY,
            hint.inference_precision: openvino.Type.f32,
            properties.inference_num_threads: threads,
        }

    def prepare(self, inputs):
        self.inputs = inputs  # the request only refers to them
        self.model.reshape({
            port: openvino.PartialShape(list(array.shape)) for port, array in zip(self.model.inputs, inputs)
        })
        self.request = self.core.compile_model(self.model, "CPU", self.settings).create_infer_request()
        for index, array in enumerate(inputs):
            self.request.set_input_tensor(index, openvino.Tensor(array, shared_memory=True))

    def predict(self):
        self.request.infer()

    def results(self):
        return [tensor.data.copy() for tensor in self.request.output_tensors]


serve(OpenVINO())
