import Foundation
import Ostinato
import Testing

/// What Keras prints, character by character. `Tools/fixtures/summaries.py` writes the golden texts.
@Suite struct SummaryTests {
  private static let plain = Fixture.all.filter { $0.golden("summary.txt") != nil }
  private static let expanded = Fixture.all.filter { $0.golden("summary_expanded.txt") != nil }

  @Test(arguments: plain)
  func agreesWithKeras(_ fixture: Fixture) throws {
    let model = try fixture.model()
    #expect(model.summary() + "\n" == fixture.golden("summary.txt"))
  }

  @Test(arguments: expanded)
  func agreesWithKerasOnNestedLayers(_ fixture: Fixture) throws {
    let model = try fixture.model()
    let summary = model.summary(expandNested: true, showTrainable: true)
    #expect(summary + "\n" == fixture.golden("summary_expanded.txt"))
  }
}

extension Fixture {
  fileprivate func golden(_ name: String) -> String? {
    try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }
}
