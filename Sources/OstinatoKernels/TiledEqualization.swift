/// Histogram equalisation by tiles with limited contrast (Zuiderveld, "Contrast Limited Adaptive Histogram
/// Equalization", 1994), of images whose values are 0 to 255.
///
/// Each tile has a table that spreads its own values; a cell is looked up in the tables of the four tiles whose centres
/// are around it, and takes what lies between. Tiles that reach beyond the image see it mirrored.
package struct TiledEqualization: Sendable, Hashable {
  package let height: Int
  package let width: Int
  package let channels: Int
  /// Tiles along height and width.
  package let tileRows: Int
  package let tileColumns: Int
  /// How often a value may come, as a multiple of the mean; 0 or less for no limit.
  package let clipLimit: Float

  /// Values that a cell may have.
  private static let levels = 256

  package init(height: Int, width: Int, channels: Int, tileRows: Int, tileColumns: Int, clipLimit: Float) {
    self.height = height
    self.width = width
    self.channels = channels
    self.tileRows = tileRows
    self.tileColumns = tileColumns
    self.clipLimit = clipLimit
  }

  private var tileHeight: Int { (height + tileRows - 1) / tileRows }
  private var tileWidth: Int { (width + tileColumns - 1) / tileColumns }

  /// Floats for the tables of one image.
  package var scratchCount: Int { tileRows * tileColumns * channels * Self.levels }

  /// Equalises one image `(height, width, channels)`.
  package func apply(_ x: Source, _ y: Target, scratch tables: Target) {
    for tile in 0..<tileRows * tileColumns {
      for channel in 0..<channels {
        fillTable(tables + (tile * channels + channel) * Self.levels, tile: tile, channel: channel, x)
      }
    }
    for row in 0..<height {
      let (above, below, weightBelow) = neighbours(of: row, tileHeight, count: tileRows)
      for column in 0..<width {
        let (left, right, weightRight) = neighbours(of: column, tileWidth, count: tileColumns)
        for channel in 0..<channels {
          let cell = (row * width + column) * channels + channel
          let level = Self.level(x[cell])
          func look(_ tileRow: Int, _ tileColumn: Int) -> Float {
            tables[((tileRow * tileColumns + tileColumn) * channels + channel) * Self.levels + level]
          }
          let top = look(above, left) * (1 - weightRight) + look(above, right) * weightRight
          let bottom = look(below, left) * (1 - weightRight) + look(below, right) * weightRight
          y[cell] = top * (1 - weightBelow) + bottom * weightBelow
        }
      }
    }
  }

  /// What is not a number counts as 0.
  private static func level(_ value: Float) -> Int { value > 0 ? Int(min(value, 255)) : 0 }

  /// The tiles whose centres are on both sides of `place`, and the weight of the second.
  private func neighbours(of place: Int, _ size: Int, count: Int) -> (first: Int, second: Int, weight: Float) {
    let position = (Float(place) - Float(size) / 2) / Float(size) + 1
    let first = position.rounded(.down)
    func tile(_ index: Int) -> Int { min(max(index - 1, 0), count - 1) }
    return (tile(Int(first)), tile(Int(first) + 1), position - first)
  }

  /// The running sum of a tile's histogram, limited and stretched to 0 to 255.
  private func fillTable(_ table: Target, tile: Int, channel: Int, _ x: Source) {
    countLevels(table, tile: tile, channel: channel, x)
    let cells = Float(tileHeight * tileWidth)
    if clipLimit > 0 { limit(table, to: clipLimit * cells / Float(Self.levels)) }
    for level in 1..<Self.levels { table[level] += table[level - 1] }
    let lowest = table[0]
    let range = cells - lowest == 0 ? 1 : cells - lowest
    for level in 0..<Self.levels { table[level] = min(max((table[level] - lowest) * 255 / range, 0), 255) }
  }

  private func countLevels(_ table: Target, tile: Int, channel: Int, _ x: Source) {
    table.update(repeating: 0, count: Self.levels)
    let (tileRow, tileColumn) = tile.quotientAndRemainder(dividingBy: tileColumns)
    for row in tileRow * tileHeight..<(tileRow + 1) * tileHeight {
      for column in tileColumn * tileWidth..<(tileColumn + 1) * tileWidth {
        let cell = Self.mirrored(row, height) * width + Self.mirrored(column, width)
        table[Self.level(x[cell * channels + channel])] += 1
      }
    }
  }

  /// Shares what lies above `limit` among all levels.
  private func limit(_ table: Target, to limit: Float) {
    var excess: Float = 0
    for level in 0..<Self.levels {
      excess += table[level] - min(table[level], limit)
      table[level] = min(table[level], limit)
    }
    for level in 0..<Self.levels { table[level] += excess / Float(Self.levels) }
  }

  /// The cell that stands at `index` when `count` cells are mirrored at their ends.
  private static func mirrored(_ index: Int, _ count: Int) -> Int {
    let place = index % (2 * count)
    return place < count ? place : 2 * count - 1 - place
  }
}
