import Foundation
import Ostinato
import Testing

/// `Documentation/Layers.md` speaks of every class that Keras exports, and says what the registry does.
@Suite struct LayerCoverageTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let page = root.appending(path: "Documentation/Layers.md")

  private func exported(_ list: String = "exported_layers") throws -> [String] {
    let file = Self.root.appending(path: "Tests/Fixtures/\(list).txt")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  @Test func everyExportedClassHasAStatus() throws {
    let names = try exported()
    #expect(names.count > 150)
    for name in names { #expect(LayerCoverage().status(of: name) != nil, "\(name)") }
  }

  @Test func everyOperationIsOneOfKeras() throws {
    let names = try exported("exported_operations")
    #expect(names.count > 250)
    #expect(Set(LayerCoverage.operations).subtracting(names) == [])
  }

  /// With `OSTINATO_WRITE_PAGES` in the environment it writes the page first.
  @Test func thePageIsUpToDate() throws {
    let page = LayerCoverage().page(exported: try exported(), operations: try exported("exported_operations"))
    if ProcessInfo.processInfo.environment["OSTINATO_WRITE_PAGES"] != nil {
      try page.write(to: Self.page, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: Self.page, encoding: .utf8) == page)
  }
}
