import OstinatoGraph
import OstinatoTensors

extension GraphBuilder {
  /// A number as a constant of rank 0.
  mutating func scalar(_ number: Float) throws(ModelError) -> Value {
    try constant("\(number)") { () throws(ModelError) in Tensor(scalar: number) }
  }

  /// `0, 1, …` as a vector of floats.
  mutating func range(_ count: Int) throws(ModelError) -> Value {
    try constant("0..<\(count)") { () throws(ModelError) in Tensor((0..<count).map(Float.init)) }
  }
}
