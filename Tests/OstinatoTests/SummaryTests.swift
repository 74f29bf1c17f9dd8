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

  /// As Keras prints a model whose input is not known.
  @Test func aModelWithoutInputIsUnbuilt() throws {
    let inner = try Sequential([Conv2D(2, (3, 3))], name: "inner")
    let model = try Sequential([Dense(3), Activation(.relu), inner], name: "unbuilt")
    #expect(
      model.summary(expandNested: true, showTrainable: true) == """
        Model: "unbuilt"
        ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━┓
        ┃ Layer (type)                ┃ Output Shape          ┃    Param # ┃ Trai… ┃
        ┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━┩
        │ dense (Dense)               │ ?                     │          0 │   -   │
        │                             │                       │  (unbuilt) │       │
        ├─────────────────────────────┼───────────────────────┼────────────┼───────┤
        │ activation (Activation)     │ ?                     │          0 │   -   │
        ├─────────────────────────────┼───────────────────────┼────────────┼───────┤
        │ inner (Sequential)          │ ?                     │          0 │   -   │
        │                             │                       │  (unbuilt) │       │
        ├─────────────────────────────┼───────────────────────┼────────────┼───────┤
        │    └ conv2d (Conv2D)        │ ?                     │          0 │   -   │
        │                             │                       │  (unbuilt) │       │
        └─────────────────────────────┴───────────────────────┴────────────┴───────┘
         Total params: 0 (0.00 B)
         Trainable params: 0 (0.00 B)
         Non-trainable params: 0 (0.00 B)
        """)
  }
}

extension Fixture {
  fileprivate func golden(_ name: String) -> String? {
    try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }
}
