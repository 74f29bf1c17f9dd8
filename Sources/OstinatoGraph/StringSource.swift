import OstinatoTensors

/// Where the strings are while a model is lowered.
///
/// No program works on strings. What a layer makes of them is int32 numbers, computed before the program runs and on the
/// whole batch, because the longest text of a batch decides the width of all; the numbers are then inputs of the program
/// as others are. So a model that takes strings is lowered on the strings themselves first, for their numbers, and then
/// for the shapes of these, where there is no program for them yet.
package enum StringSource: Sendable {
  /// All inputs of the model.
  case inputs([Tensor])
  /// The shapes of what was read, in order.
  case readings([Shape])
}
