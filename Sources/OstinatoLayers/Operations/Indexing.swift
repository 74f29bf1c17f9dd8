import OstinatoGraph
import OstinatoTensors

extension GraphBuilder {
  /// `x[key]` as Python means it: whole numbers, slices, `…` and new axes, one per axis.
  mutating func item(_ key: JSONValue, of x: Value) throws(ModelError) -> Value {
    var entries = key.array ?? [key]
    let consuming = entries.filter { !$0.isNull && !$0.isEllipsis }.count
    guard consuming <= x.shape.rank, entries.filter(\.isEllipsis).count <= 1 else {
      throw ModelError(
        .malformedConfig, "", "expected at most \(x.shape.rank) indices, and one ellipsis. Received: \(key)")
    }
    let whole = [JSONValue](repeating: .object(["class_name": .string("__slice__")]), count: x.shape.rank - consuming)
    let dots = entries.firstIndex(where: \.isEllipsis) ?? entries.count
    entries.replaceSubrange(dots..<min(dots + 1, entries.count), with: whole)
    var (result, axis) = (x, 0)
    var dimensions: [Int] = []
    for entry in entries {
      if entry.isNull {
        if axis == 0 { mixBatch(along: [0], of: x) }
        dimensions.append(1)
        continue
      }
      let range = try IndexRange(entry, extent: x.shape[axis])
      if !range.isEverything { mixBatch(along: [axis], of: x) }
      result = try slice(result, axis: axis, start: range.start, count: range.count, step: range.step)
      if !range.dropsAxis { dimensions.append(range.count) }
      axis += 1
    }
    return try reshape(result, to: Shape(dimensions))
  }
}

extension JSONValue {
  /// A whole number; far beyond all extents it does not matter how far.
  fileprivate var clampedInt: Int? {
    int.map { min(max($0, LayerConfig.sensibleNumbers.lowerBound), LayerConfig.sensibleNumbers.upperBound) }
  }

  fileprivate var isEllipsis: Bool { self["class_name"]?.string == "__ellipsis__" || string == "..." }
}

/// The indices along one axis that a Python index or slice selects.
private struct IndexRange {
  let start: Int
  let count: Int
  let step: Int
  /// Whether the axis goes away: the index was a number.
  let dropsAxis: Bool

  /// Whether it says nothing: a colon alone.
  let isEverything: Bool

  init(_ entry: JSONValue, extent: Int) throws(ModelError) {
    if let number = entry.clampedInt {
      let index = number < 0 ? number + extent : number
      guard (0..<extent).contains(index) else {
        throw ModelError(.shapeMismatch, "", "expected an index below \(extent). Received: \(number)")
      }
      (start, count, step, dropsAxis, isEverything) = (index, 1, 1, true, false)
      return
    }
    let bounds = entry["config"] ?? entry
    guard entry.object != nil, let step = bounds["step"].map({ $0.isNull ? 1 : $0.clampedInt }) ?? 1, step != 0 else {
      throw ModelError(.malformedConfig, "", "expected an index or a slice. Received: \(entry)")
    }
    let limits = step > 0 ? 0...extent : -1...(extent - 1)
    func bound(_ name: String, _ fallback: Int) -> Int {
      guard let number = bounds[name]?.clampedInt else { return fallback }
      return min(max(number < 0 ? number + extent : number, limits.lowerBound), limits.upperBound)
    }
    let start = bound("start", step > 0 ? 0 : extent - 1)
    let stop = bound("stop", step > 0 ? extent : -1)
    let distance = step > 0 ? stop - start : start - stop
    (self.start, self.step, self.dropsAxis) = (start, step, false)
    isEverything = start == 0 && step == 1 && bounds["stop"]?.int == nil
    count = max(0, (distance + abs(step) - 1) / abs(step))
  }
}
