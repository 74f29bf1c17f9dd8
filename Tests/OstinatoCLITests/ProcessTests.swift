import Testing

/// What needs a process of its own.
@Suite("A process with models")
struct ProcessTests {
  @Test("a child that a process with busy threads forks predicts the same")
  func forks() throws {
    let outcome = try CommandLineTool.soak("fork")
    #expect(outcome.code == 0, "\(outcome)")
  }

  @Test("models that come and go leave no memory behind")
  func memoryReturns() throws {
    // Under AddressSanitizer, which else would hold back what is freed.
    let options = "detect_leaks=0:quarantine_size_mb=1:thread_local_quarantine_size_kb=16"
    let outcome = try CommandLineTool.soak("memory", environment: ["ASAN_OPTIONS": options])
    #expect(outcome.code == 0, "\(outcome)")
  }

  @Test(
    "one that uses OpenBLAS itself goes on, and may keep its threads",
    arguments: [[:], ["OSTINATO_KEEP_BLAS_THREADS": "1"]])
  func sharesOpenBLAS(environment: [String: String]) throws {
    let outcome = try CommandLineTool.soak("blas", environment: environment)
    #expect(outcome.code == 0, "\(outcome)")
  }

  @Test("a short soak finds nothing")
  func soaks() throws {
    let outcome = try CommandLineTool.soak("load", "--seconds", "2", "--limit", "256")
    #expect(outcome.code == 0, "\(outcome)")
  }
}
