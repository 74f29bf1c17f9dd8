import Foundation
import OstinatoExercise
import OstinatoTensors

/// What this process fuzzes: `OSTINATO_EXERCISE` names it.
let exercise: Exercise = {
  let name = ProcessInfo.processInfo.environment["OSTINATO_EXERCISE"] ?? ""
  guard let exercise = Exercise(rawValue: name) else { fatalError("OSTINATO_EXERCISE names no exercise: '\(name)'") }
  return exercise
}()

/// Gives the exercise one input.
func testOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    try exercise.run(Array(UnsafeBufferPointer(start: start, count: count)))
  } catch is ModelError {
  } catch {
    fatalError("an error that is no ModelError: \(error)")
  }
  return 0
}
