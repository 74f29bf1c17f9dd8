import Ostinato
import OstinatoLayers
import Testing

/// What Keras refuses, and its reason in one line.
@Suite struct RecurrentErrorTests {
  private static let sequence = Input(shape: [4, 5])

  @Test(
    arguments: [
      (GRU(4), [5], "gru (GRU): expected input of rank 3 (batch, time, features). Received: (None, 5)"),
      (ConvLSTM2D(3, (2, 2)), [4, 5, 5], "conv_lstm2d (ConvLSTM2D): expected input of rank 5 (batch, time, …)"),
      (ConvLSTM1D(3, 9), [4, 5, 2], "expected at least 9 cells along spatial axis 0. Received: 5"),
      (GRUCell(4), [4, 5], "gru_cell (GRUCell): expected a step of rank 2. Received: (None, 4, 5)"),
      (TimeDistributed(Dense(3)), [5], "expected input of rank 3 or more (batch, time, …). Received: (None, 5)"),
      (TimeDistributed(LSTM(3, returnState: true)), [4, 5, 6], "expected a layer of one output. Received: 3 outputs"),
      (
        Bidirectional(LSTM(3), backwardLayer: LSTM(3)), [4, 5],
        "expected layers of opposite `go_backwards`. Received: two of one direction"
      ),
      (
        Bidirectional(LSTM(3), backwardLayer: LSTM(3, returnSequences: true, goBackwards: true)), [4, 5],
        "expected layers of one `return_sequences`. Received: false and true"
      ),
      (
        Bidirectional(LSTM(3), mergeMode: .sum, backwardLayer: LSTM(4, goBackwards: true)), [4, 5],
        "expected outputs of one shape to merge by sum. Received: (None, 4)"
      ),
    ] as [(any Layer, [Int?], String)])
  func aModelIsNotMade(_ layer: any Layer, _ shape: [Int?], _ message: String) {
    let error = #expect(throws: ModelError.self) { try Sequential([Input(shape: shape), layer]) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test func initialStatesAreChecked() throws {
    let (x, state) = (Self.sequence, Input(shape: [3]))
    let outputs = LSTM(4).outputs(of: [x], count: 1, initialState: [state])
    let model = try Model(inputs: [x, state], outputs: outputs)
    let error = #expect(throws: ModelError.self) {
      try model.predict(inputs: [Tensor(zeros: [2, 4, 5]), Tensor(zeros: [2, 3])])
    }
    #expect(error?.description.hasPrefix("lstm (LSTM): expected 2 states of shapes") == true)
    #expect(throws: ModelError.self) { try Model(inputs: [x, state], outputs: [LSTM(4)([x, state])]) }
  }

  @Test func aSequenceHasAStep() throws {
    let model = try Sequential([Input(shape: [nil, 5]), TimeDistributed(Dense(3)), GRU(4)])
    #expect(throws: ModelError.self) { try model.predict(Tensor(zeros: [2, 0, 5])) }
  }

  @Test(
    arguments: [
      (GRU(4, activation: .glu), [4, 5], "glu(axis: -1)"),
      (LSTM(4, recurrentActivation: .softmax(axis: 0)), [4, 5], "softmax(axis: 0)"),
      (
        ConvLSTM1D(3, 2, dataFormat: .channelsFirst, activation: .softmax), [4, 2, 5], "softmax(axis: -1)"
      ),
    ] as [(any Layer, [Int?], String)])
  func gatesKeepTheirUnitsTogether(_ layer: any Layer, _ shape: [Int?], _ received: String) throws {
    let model = try Sequential([Input(shape: shape), layer])
    let input = Tensor(zeros: Shape([2] + shape.compactMap(\.self)))
    let error = #expect(throws: ModelError.self) { try model.predict(input) }
    #expect(
      error?.message
        == "expected an activation of units, or over the axis of units, in a cell. Received: \(received)")
  }

  @Test(arguments: [
    (
      #"{"class_name": "RNN", "config": {"cell": {"class_name": "Dense", "config": {"units": 3}}}}"#, "a recurrent cell"
    ),
    (#"{"class_name": "StackedRNNCells", "config": {"cells": []}}"#, "at least one cell"),
    (
      #"{"class_name": "Bidirectional", "config": {"layer": {"class_name": "Flatten", "config": {}}}}"#,
      "a recurrent layer"
    ),
    (#"{"class_name": "GRU", "config": {"units": -1}}"#, "a positive integer"),
    (#"{"class_name": "LSTM", "config": {"units": 3, "time_major": true}}"#, "False"),
    (#"{"class_name": "ConvLSTM1D", "config": {"filters": 3, "kernel_size": [2, 2]}}"#, "1 positive integers"),
    (
      #"{"class_name": "ConvLSTM1D", "config": {"filters": 3, "kernel_size": 2, "padding": "causal"}}"#,
      "'valid' or 'same'"
    ),
  ])
  func aConfigIsRefused(_ json: String, _ expected: String) throws {
    let object = try JSONValue(parsing: Array(json.utf8), name: "config")
    let error = #expect(throws: ModelError.self) { try DecodingContext().layer(from: object) }
    #expect(error?.message.contains("to be \(expected)") == true, "\(error?.message ?? "")")
  }
}
