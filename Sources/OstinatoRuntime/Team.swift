import Synchronization

/// The threads of a pool at one piece of work whose parts have parts of their own: a thread that has to wait for the end
/// of one helps with the others.
package struct Team: Sendable {
  typealias ID = Int

  let pool: ThreadPool
  /// Whether threads that sleep are woken; those that are awake help in any case.
  let wakes: Bool
  private let id: ID

  private static let lastID = Atomic<ID>(0)

  package init(of pool: ThreadPool, wakes: Bool = true) {
    self.pool = pool
    self.wakes = wakes
    self.id = Self.lastID.wrappingAdd(1, ordering: .relaxed).newValue
  }

  var threadCount: Int { pool.threadCount }

  /// As ``ThreadPool/run(count:_:)``; `body` may call it again, but may not wait for other calls of `body` to begin.
  package func run(count: Int, _ body: @escaping @Sendable (_ index: Int, _ worker: Int) -> Void) {
    pool.run(count: count, team: id, wakes: wakes, body)
  }
}
