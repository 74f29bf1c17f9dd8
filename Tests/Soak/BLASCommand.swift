import ArgumentParser
import COpenBLAS
import Foundation
import Ostinato
import Synchronization

struct BLASCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blas", abstract: "Use OpenBLAS beside the library; fail where either disturbs the other.")

  private static let size = 96

  func run() throws {
    openblas_set_num_threads(2)
    let model = try Model(
      [Input(shape: [64]), Dense(128, activation: .relu), Dense(64)],
      executionOptions: ExecutionOptions(pool: ThreadPool(threadCount: 2), optimization: .openBLAS))
    let rows = Tensor((0..<50 * 64).map { Float($0 % 13) / 13 }, shape: [50, 64])
    let expected = try model.predict(rows)
    let isKept = ProcessInfo.processInfo.environment["OSTINATO_KEEP_BLAS_THREADS"] != nil
    let threads = openblas_get_num_threads()
    guard threads == (isKept ? 2 : 1) else {
      throw SoakFailure(description: "expected \(isKept ? "2 threads as before" : "1 thread"). Received: \(threads)")
    }
    let failures = Atomic<Int>(0)
    ThreadPool(threadCount: 4).run(count: 200) { index, _ in
      let agrees = index.isMultiple(of: 2) ? Self.multipliesRight() : (try? model.predict(rows)) == expected
      if !agrees { failures.wrappingAdd(1, ordering: .relaxed) }
    }
    let count = failures.load(ordering: .relaxed)
    guard count == 0 else { throw SoakFailure(description: "\(count) of 200 calls gave something else") }
    print("blas: 200 calls agreed, with \(threads) threads of OpenBLAS")
  }

  /// Whether the host's own product of a matrix of ones is what it is.
  private static func multipliesRight() -> Bool {
    let ones = [Float](repeating: 1, count: size * size)
    var product = [Float](repeating: 0, count: size * size)
    let n = blasint(size)
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, ones, n, ones, n, 0, &product, n)
    return product.allSatisfy { $0 == Float(size) }
  }
}
