// Damages a file in many ways and exercises each, in a process of its own: what crashes or hangs ends this process
// alone.
//
//     OstinatoExerciseTool EXERCISE FILE MUTATION FIRST END
//
// Prints the number of each case before it begins.

import Foundation
import OstinatoExercise
import OstinatoTensors

/// Longer than any case takes on a machine that is busy.
let secondsPerCase: UInt32 = 30

let arguments = CommandLine.arguments
guard arguments.count == 6, let exercise = Exercise(rawValue: arguments[1]),
  let mutation = Mutation(rawValue: arguments[3]), let first = Int(arguments[4]), let end = Int(arguments[5])
else {
  FileHandle.standardError.write(Data("usage: \(arguments[0]) EXERCISE FILE MUTATION FIRST END\n".utf8))
  exit(64)
}
// The process that starts this one may have blocked the alarm.
var noSignals = sigset_t()
sigemptyset(&noSignals)
sigprocmask(SIG_SETMASK, &noSignals, nil)

let input =
  mutation == .none
  ? Array(try Data(contentsOf: URL(filePath: arguments[2]))) : try exercise.input(fromFile: arguments[2])

for number in first..<end {
  FileHandle.standardOutput.write(Data("\(number)\n".utf8))
  alarm(secondsPerCase)
  do {
    try exercise.run(mutation.apply(number, to: input))
  } catch let error as ModelError {
    precondition(!error.message.isEmpty, "an error without a reason")
  }
}
