import OstinatoTensors

extension ThreadPool {
  /// Calls both bodies, at once where a second thread is free, and gives what they returned or threw.
  package func both<First: Sendable, Second: Sendable, Failure: Error>(
    _ first: @escaping @Sendable () throws(Failure) -> First,
    _ second: @escaping @Sendable () throws(Failure) -> Second
  ) -> (Result<First, Failure>, Result<Second, Failure>) {
    let firstResult = ForkSafeMutex<Result<First, Failure>?>(nil)
    let secondResult = ForkSafeMutex<Result<Second, Failure>?>(nil)
    run(count: 2) { index, _ in
      if index == 0 {
        let result = Result(catching: first)
        firstResult.withLock { $0 = result }
      } else {
        let result = Result(catching: second)
        secondResult.withLock { $0 = result }
      }
    }
    guard let first = firstResult.withLock({ $0 }), let second = secondResult.withLock({ $0 }) else {
      preconditionFailure("a pool calls its body for each index")
    }
    return (first, second)
  }
}
