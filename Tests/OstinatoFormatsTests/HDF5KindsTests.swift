import OstinatoTensors
import Testing

@testable import OstinatoFormats

/// One file in each form that HDF5 has had, as h5py writes them.
@Suite struct HDF5KindsTests {
  private static let files = ["kinds_earliest.h5", "kinds_1_8.h5", "kinds_1_10.h5"]

  /// 0, 1, 2 … times `step`.
  private func ramp(_ shape: Shape, step: Float = 0.5) -> Tensor {
    Tensor((0..<shape.elementCount).map { Float($0) * step }, shape: shape)
  }

  @Test(
    arguments: files,
    [
      "contiguous", "chunked", "gzip", "rows", "columns", "columns_gzip", "limited", "both", "both_gzip", "one_chunk",
      "one_chunk_gzip", "implicit", "d/e/e/p", "many/link_with_a_long_name_000", "many/link_with_a_long_name_299",
    ])
  func everyLayoutGivesTheSame(_ name: String, _ path: String) throws {
    #expect(try HDF5File(path: resource(name)).tensor(at: path) == ramp([7, 5]))
  }

  @Test(arguments: files)
  func otherShapesAndTypesAreRead(_ name: String) throws {
    let file = try HDF5File(path: resource(name))
    #expect(try file.tensor(at: "best_gzip") == ramp([50, 70]))
    #expect(try file.tensor(at: "many_chunks") == ramp([24, 24]))
    #expect(try file.tensor(at: "compact") == ramp([2, 3]))
    #expect(try file.tensor(at: "shuffled") == ramp([7, 5], step: 1).converted(to: .int32))
    #expect(try file.tensor(at: "fletcher32") == ramp([7, 3], step: 1).converted(to: .int32))
    #expect(try file.tensor(at: "of_type") == ramp([2, 3], step: 1).converted(to: .int32))
  }

  @Test(arguments: files)
  func chunksThatAreMissingHaveTheFillValue(_ name: String) throws {
    let file = try HDF5File(path: resource(name))
    for (path, count) in [("sparse", 5_000), ("sparse_rows", 150_000)] {
      var expected = [Int32](repeating: -1, count: count)
      for index in count - 1_000..<count - 995 { expected[index] = 3 }
      #expect(try file.tensor(at: path).int32s == expected)
    }
  }

  @Test(arguments: files)
  func attributesAreFoundWhereverTheyAre(_ name: String) throws {
    let file = try HDF5File(path: resource(name))
    for index in 0..<40 {
      #expect(try file.stringAttribute("attribute\(index)", of: "attributes") == "value \(index)")
    }
    #expect(try file.stringArrayAttribute("names", of: "attributes") == (0..<500).map { "layer_\($0)" })
    #expect(try file.stringAttribute("large", of: "attributes") == String(repeating: "x", count: 5000))
    #expect(try file.intAttribute("number", of: "attributes") == -7)
    #expect(try file.intAttribute("of_type", of: "of_type") == 5)
    #expect(try file.stringAttribute("attribute40", of: "attributes") == nil)
  }

  @Test(arguments: files)
  func namesAreListed(_ name: String) throws {
    let file = try HDF5File(path: resource(name))
    #expect(try file.datasetNames(in: "many").count == 300)
    #expect(try file.groupNames(in: "") == ["attributes", "d", "many"])
    #expect(try file.datasetPaths(under: "d") == ["d/e/e/p"])
  }
}
