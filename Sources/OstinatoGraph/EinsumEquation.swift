import OstinatoTensors

/// The letters of an einsum, one per axis: `abc,cd->abd`. The axes that `...` stands for get letters of their own.
package struct EinsumEquation: Sendable {
  package let inputs: [[Character]]
  package let output: [Character]

  /// - Parameter ranks: how many axes each operand has, which says what `...` stands for.
  package init(_ text: String, ranks: [Int]) throws(ModelError) {
    let sides = text.filter { $0 != " " }.replacing("...", with: "…").replacing("->", with: "→")
      .split(separator: "→", omittingEmptySubsequences: false)
    let terms = (sides.first ?? "").split(separator: ",", omittingEmptySubsequences: false)
    guard sides.count <= 2, terms.count == ranks.count else {
      throw ModelError(.malformedConfig, "", "expected an equation of \(ranks.count) operands. Received: '\(text)'")
    }
    var inputs: [[Character]] = []
    for (term, rank) in zip(terms, ranks) { inputs.append(try Self.spell(term, rank, text)) }
    let widest = zip(terms, inputs).filter { $0.0.contains("…") }.map { $1.filter(\.isNumber) }.max {
      $0.count < $1.count
    }
    let letters = inputs.joined().filter { !$0.isNumber }
    let once = Set(letters).filter { letter in letters.filter { $0 == letter }.count == 1 }.sorted()
    let output = sides.count == 2 ? Array(sides[1]) : (widest == nil ? [] : ["…"]) + once
    self.inputs = inputs
    self.output = output.flatMap { $0 == "…" ? widest ?? [] : [$0] }
    guard Set(self.output).isSubset(of: inputs.joined()), Set(self.output).count == self.output.count else {
      throw ModelError(.malformedConfig, "", "expected an output of the operands' letters. Received: '\(text)'")
    }
  }

  /// The letters of one operand; `...` becomes digits that count from the right, so that operands align.
  private static func spell(_ term: Substring, _ rank: Int, _ text: String) throws(ModelError) -> [Character] {
    let hidden = rank - term.filter { $0 != "…" }.count
    guard hidden >= 0, term.contains("…") ? term.filter { $0 == "…" }.count == 1 && hidden < 10 : hidden == 0 else {
      throw ModelError(.shapeMismatch, "", "expected '\(term)' of '\(text)' to have a letter per axis of rank \(rank)")
    }
    let digits = Array("9876543210").suffix(hidden)
    return term.flatMap { $0 == "…" ? Array(digits) : [$0] }
  }
}
