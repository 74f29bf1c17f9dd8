/// Keras' snake case of a class name, as it numbers the groups of a weights file: `Conv2DTranspose` gives
/// `conv2d_transpose`, `PReLU` gives `p_re_lu`. Source: `keras/src/utils/naming.py`.
package func snakeCase(_ className: String) -> String {
  let characters = Array(className.filter { $0.isLetter || $0.isNumber || $0 == "_" })
  var broken: [Character] = []
  for (index, character) in characters.enumerated() {
    let next = characters.dropFirst(index + 1).first
    if index > 0, character.isUppercase {
      let previous = characters[index - 1]
      if previous.isLowercase || (next?.isLowercase ?? false) { broken.append("_") }
    }
    broken.append(character)
  }
  return String(broken).lowercased()
}
