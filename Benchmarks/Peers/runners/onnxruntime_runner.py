"""ONNX Runtime: a session for each shape, its open dimensions fixed, inputs and outputs bound once."""

import os

import onnxruntime
from protocol import Engine, serve


class OnnxRuntime(Engine):
    def load(self, path, threads):
        self.path, self.threads = path, threads
        self.session = self.open({})

    def open(self, dimensions):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        if os.environ.get("PEERS_NO_SPINNING"):
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        for name, extent in dimensions.items():
            options.add_free_dimension_override_by_name(name, extent)
        return onnxruntime.InferenceSession(self.path, options, providers=["CPUExecutionProvider"])

    def prepare(self, inputs):
        declared = self.session.get_inputs()
        self.session = self.open({
            name: extent
            for entry, array in zip(declared, inputs)
            for name, extent in zip(entry.shape, array.shape)
            if isinstance(name, str)
        })
        self.binding = self.session.io_binding()
        for entry, array in zip(declared, inputs):
            self.binding.bind_cpu_input(entry.name, array)
        for entry in self.session.get_outputs():
            self.binding.bind_output(entry.name)

    def predict(self):
        self.session.run_with_iobinding(self.binding)

    def results(self):
        return self.binding.copy_outputs_to_cpu()


serve(OnnxRuntime())
