import Ostinato

// Consumer MODEL INPUT: the most probable class of each row.
let arguments = CommandLine.arguments
precondition(arguments.count == 3, "usage: Consumer model.keras input.npy")

let model = try Model(contentsOf: arguments[1])
let images = try Tensor(contentsOfNPY: arguments[2])
let digits = try model.predict(images).argmax().int32s

print(digits.map(String.init).joined(separator: " "))
