import OstinatoLayers
import OstinatoTensors

extension Model {
  /// Keras' own table of the model: its layers with output shapes and parameters, what each is connected to where the
  /// model is not a chain, and totals. A line ends in no blank, the last in no line break.
  ///
  /// Source: `keras/src/utils/summary_utils.py`.
  /// - Parameters:
  ///   - lineLength: the width of the table, 40 or more; nil for 76, which Keras takes on a terminal of 80 columns and
  ///     in a pipe.
  ///   - expandNested: whether the layers of nested models get lines of their own.
  ///   - showTrainable: whether there is a column that tells which layers are trainable.
  public func summary(lineLength: Int? = nil, expandNested: Bool = false, showTrainable: Bool = false) -> String {
    let lineLength = max(lineLength ?? 76, 40)
    let isChain = isSequential || network.isChain
    var columns = isChain ? SummaryTable.Column.ofChain : SummaryTable.Column.ofGraph
    if showTrainable { columns = columns.map { $0.narrowed } + [.trainable] }
    var listing = SummaryListing(expandsNested: expandNested, showsConnections: !isChain, showsTrainable: showTrainable)
    listing.list(network, isSequential: isSequential, rootPlace, level: 0, isTrainable: options.trainable)
    let title = CellText.wrap("Model: \"\(name)\"", width: max(lineLength + 4, 80), folds: true)
    let table = SummaryTable(columns: columns, width: lineLength, rows: listing.rows)
    return (title + table.lines + totals).joined(separator: "\n")
  }

  private var isSequential: Bool { root.className == SequentialNetwork.className }

  private var totals: [String] {
    let (count, optimizer) = (parameterCount, optimizerParameterCount ?? 0)
    // The count of steps is the one number of eight bytes.
    let optimizerBytes = optimizer * DataType.byteCount + (optimizer > 0 ? DataType.byteCount : 0)
    var lines = [
      ("Total", count.total + optimizer, count.total * DataType.byteCount + optimizerBytes),
      ("Trainable", count.trainable, count.trainable * DataType.byteCount),
      ("Non-trainable", count.nonTrainable, count.nonTrainable * DataType.byteCount),
    ]
    if optimizerParameterCount != nil { lines.append(("Optimizer", optimizer, optimizerBytes)) }
    return lines.map { " \($0) params: \(grouped($1)) (\(readableSize($2)))" }
  }
}

/// Gathers the rows of a summary.
private struct SummaryListing {
  let expandsNested: Bool
  let showsConnections: Bool
  let showsTrainable: Bool
  private(set) var rows: [[String]] = []

  init(expandsNested: Bool, showsConnections: Bool, showsTrainable: Bool) {
    self.expandsNested = expandsNested
    self.showsConnections = showsConnections
    self.showsTrainable = showsTrainable
  }

  /// Adds a row for each layer of `network`, which is at `place`; nil where its input shapes are not known.
  mutating func list(_ network: Network, isSequential: Bool, _ place: LayerPlace?, level: Int, isTrainable: Bool) {
    let shapes = place.flatMap { try? network.shapes(for: network.declaredInputs ?? $0.place.inputs) }
    let inner = (try? place?.inner()) ?? []
    let places = Dictionary(inner.map { ($0.place.name, $0) }, uniquingKeysWith: { first, _ in first })
    for (index, member) in network.members.enumerated() {
      if isSequential && member.layer is InputLayer || level > 0 && member.layer is RawOperation { continue }
      let (layer, place) = (member.layer, places[member.name])
      let isTrainable = isTrainable && layer.options.trainable
      let output = shapes.map { shapes in network.calls(of: index).last.map { shapes[$0] } ?? [] }
      let count = place?.parameterCount(isTrainable: isTrainable).total
      let indent = level > 0 ? String(repeating: "   ", count: level) + "└ " : ""
      var row = ["\(indent)\(member.name) (\(layer.className))", output.map(text) ?? "?"]
      row.append(count.map(grouped) ?? (layer.isBuiltBeforeItIsCalled ? "0" : "0 (unbuilt)"))
      if showsConnections { row.append(level > 0 ? "-" : network.connections(of: index)) }
      if showsTrainable { row.append((count ?? 0) == 0 ? "-" : isTrainable ? "Y" : "N") }
      rows.append(row)
      guard expandsNested, let nested = layer.nestedNetwork else { continue }
      let isSequential = layer.className == SequentialNetwork.className
      list(nested, isSequential: isSequential, place, level: level + 1, isTrainable: isTrainable)
    }
  }

  /// One shape, or several in brackets.
  private func text(_ shapes: [SymbolicShape]) -> String {
    let texts = shapes.map { shape in
      "(" + shape.dimensions.map { $0.map(String.init) ?? "None" }.joined(separator: ", ") + ")"
    }
    return texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
  }
}

extension Layer {
  /// Whether Keras calls the layer built as soon as it is made: its constructor says so. No weight hangs on it.
  fileprivate var isBuiltBeforeItIsCalled: Bool {
    let name = className
    return name.contains("Pooling") && !name.hasPrefix("Adaptive")
      || [
        "Activation", "ActivityRegularization", "AlphaDropout", "Dropout", "ELU", "GaussianDropout", "GaussianNoise",
        "Identity", "InputLayer", "LeakyReLU", "Masking", "ReLU", "Reshape", "Softmax", "SpatialDropout1D",
        "SpatialDropout2D", "SpatialDropout3D", "UnitNormalization",
      ].contains(name)
  }
}

extension Network {
  /// Whether the layers are called one after another, each once and on what the one before it gave.
  fileprivate var isChain: Bool {
    let taken = calls.flatMap(\.dependencies)
    return calls.count == members.count && Set(taken).count == taken.count
      && calls.allSatisfy { $0.dependencies.count <= 1 } && calls.filter(\.dependencies.isEmpty).count == 1
  }

  /// What the calls of a member take, as `layer[call][output]`.
  fileprivate func connections(of member: Int) -> String {
    let taken = calls(of: member).flatMap { index in
      let keywords = calls[index].keywords.sorted { $0.key < $1.key }
      return calls[index].inputs + keywords.flatMap(\.value)
    }
    let texts = taken.map { reference in
      let source = calls[reference.call].member
      let number = calls(of: source).firstIndex(of: reference.call) ?? 0
      return "\(members[source].name)[\(number)][\(reference.output)]"
    }
    return texts.isEmpty ? "-" : texts.joined(separator: ", ")
  }
}

/// A number with a comma after each three digits from the right.
private func grouped(_ number: Int) -> String {
  let digits = Array(String(number))
  let groups = stride(from: digits.count, to: 0, by: -3).map { String(digits[max($0 - 3, 0)..<$0]) }
  return groups.reversed().joined(separator: ",")
}

/// Bytes in the largest unit of which there is one or more, with two decimals.
private func readableSize(_ bytes: Int) -> String {
  var (size, units) = (Double(bytes), ["B", "KB", "MB", "GB", "TB", "PB"][...])
  while size >= 1024, units.count > 1 {
    size /= 1024
    units.removeFirst()
  }
  let hundredths = Int((size * 100).rounded(.toNearestOrEven))
  let decimals = hundredths % 100
  return "\(hundredths / 100).\(decimals < 10 ? "0" : "")\(decimals) \(units.first ?? "B")"
}
