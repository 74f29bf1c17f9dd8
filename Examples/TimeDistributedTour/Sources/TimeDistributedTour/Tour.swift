import Foundation
import Ostinato

/// `TimeDistributed` step by step: what it computes, what it costs, and what comes out without it.
///
/// Every number and shape that the tour prints is checked; it exits with 1 when one is not as it should be.
@main
struct Tour {
  private static let usage = """
    usage: TimeDistributedTour [--mnist DIR]

      --mnist DIR   a folder with MNIST's train-images-idx3-ubyte or t10k-images-idx3-ubyte, plain or .gz
                    (default: the sample in Examples/Data)
    """

  static func main() {
    do {
      guard let folder = try folder(from: Array(CommandLine.arguments.dropFirst())) else {
        print(usage)
        return
      }
      var report = Report()
      try visit(try Digits(folder: folder), &report)
      print(report.failures == 0 ? "\nEverything is as it should be." : "\n\(report.failures) checks failed.")
      exit(report.failures == 0 ? 0 : 1)
    } catch {
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func visit(_ digits: Digits, _ report: inout Report) throws {
    try DenseTour(digits: digits).run(&report)
    try ConvolutionTour(digits: digits).run(&report)
    try TaggerTour().run(&report)
  }

  /// The folder of the digits; nil when help is asked for.
  private static func folder(from arguments: [String]) throws(TourError) -> String? {
    switch arguments.count {
    case 0: return sample
    case 1 where ["-h", "--help"].contains(arguments[0]): return nil
    case 2 where arguments[0] == "--mnist": return arguments[1]
    default: throw TourError("expected --mnist DIR. Received: \(arguments.joined(separator: " "))")
    }
  }

  /// The digits in the repository.
  private static var sample: String {
    var examples = URL(filePath: #filePath)
    for _ in 0..<4 { examples.deleteLastPathComponent() }
    return examples.appending(path: "Data/mnist-sample").path
  }
}
