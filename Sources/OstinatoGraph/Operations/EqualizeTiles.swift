import OstinatoKernels
import OstinatoTensors

/// Contrast-limited adaptive histogram equalisation of images `(batch, height, width, channels)` with values 0 to 255.
package struct EqualizeTiles: Operation {
  package let name = "equalize"
  package let tileRows: Int
  package let tileColumns: Int
  package let clipLimit: Float

  package init(tileRows: Int, tileColumns: Int, clipLimit: Float) {
    self.tileRows = tileRows
    self.tileColumns = tileColumns
    self.clipLimit = clipLimit
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let x = inputs[0].shape
    // The last tile may reach beyond the image by no more than the image has to mirror.
    guard x.rank == 4, tileRows <= 2 * x[1], tileColumns <= 2 * x[2] else {
      throw ModelError(
        .shapeMismatch, "", "expected images large enough for \(tileRows) × \(tileColumns) tiles. Received: \(x)")
    }
    return [ValueType(x)]
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let shape = inputs[0].shape
    let size = shape.dropFirst().reduce(1, *)
    let equalization = TiledEqualization(
      height: shape[1], width: shape[2], channels: shape[3], tileRows: tileRows, tileColumns: tileColumns,
      clipLimit: clipLimit)
    return Kernel(units: shape[0], scratchBytes: equalization.scratchCount * DataType.byteCount) { operands, images in
      for image in images {
        equalization.apply(
          operands.input(0) + image * size, operands.output(0) + image * size, scratch: operands.scratch)
      }
    }
  }
}
