import OstinatoLayers

/// Changes JSON as JSON: what a change of bytes seldom leaves valid stays a document, and reaches the layers.
struct JSONMutation {
  private var random: SeededRandom

  init(seed: UInt32) { random = SeededRandom(state: UInt64(seed)) }

  /// `document` with a few changes; parts of `donor` may be among them.
  mutating func mutate(_ document: JSONValue, donor: JSONValue? = nil) -> JSONValue {
    var document = document
    var material = (donor ?? document).parts
    material.append(document)
    for _ in 0...random.below(3) {
      var place = random.below(document.nodeCount)
      document = change(document, at: &place, material)
    }
    return document
  }

  private mutating func change(_ value: JSONValue, at place: inout Int, _ material: [JSONValue]) -> JSONValue {
    defer { place -= 1 }
    if place == 0 { return changed(value, material) }
    place -= 1
    defer { place += 1 }
    switch value {
    case .array(let elements):
      return .array(
        elements.map { element in
          if place < 0 { return element }
          if place >= element.nodeCount {
            place -= element.nodeCount
            return element
          }
          defer { place = -1 }
          return change(element, at: &place, material)
        })
    case .object(let members):
      var result = members
      for (key, member) in members.sorted(by: { $0.key < $1.key }) {
        if place >= member.nodeCount {
          place -= member.nodeCount
        } else if place >= 0 {
          result[key] = change(member, at: &place, material)
          place = -1
        }
      }
      return .object(result)
    default: return value
    }
  }

  private mutating func changed(_ value: JSONValue, _ material: [JSONValue]) -> JSONValue {
    if random.below(8) == 0 { return material[random.below(material.count)] }
    switch value {
    case .null, .bool, .int, .double: return scalar(value)
    case .string(let text): return string(text, material)
    case .array(let elements): return array(elements, material)
    case .object(let members): return object(members, material)
    }
  }

  private mutating func scalar(_ value: JSONValue) -> JSONValue {
    switch random.below(6) {
    case 0: .null
    case 1: .bool(random.below(2) == 0)
    case 2: .double(Self.doubles[random.below(Self.doubles.count)])
    case 3: .int(Self.integers[random.below(Self.integers.count)])
    default: .int((value.int ?? 0) &+ random.below(9) &- 4)
    }
  }

  private mutating func string(_ text: String, _ material: [JSONValue]) -> JSONValue {
    let words = material.filter { $0.string != nil }
    switch random.below(4) {
    case 0: return .string(String(text.dropLast()))
    case 1 where !words.isEmpty: return words[random.below(words.count)]
    default:
      let classes = LayerRegistry.keras.classNames
      return .string(classes[random.below(classes.count)])
    }
  }

  private mutating func array(_ elements: [JSONValue], _ material: [JSONValue]) -> JSONValue {
    guard !elements.isEmpty else { return .array([material[random.below(material.count)]]) }
    var elements = elements
    let place = random.below(elements.count)
    switch random.below(5) {
    case 0: elements.remove(at: place)
    case 1: elements.insert(elements[place], at: random.below(elements.count))
    case 2: elements.swapAt(place, random.below(elements.count))
    case 3: elements.insert(material[random.below(material.count)], at: place)
    default: elements[place] = changed(elements[place], material)
    }
    return .array(elements)
  }

  private mutating func object(_ members: [String: JSONValue], _ material: [JSONValue]) -> JSONValue {
    guard !members.isEmpty else { return .null }
    var members = members
    let keys = members.keys.sorted()
    let key = keys[random.below(keys.count)]
    let others = material.compactMap(\.object).flatMap { $0 }.sorted { $0.key < $1.key }
    switch random.below(4) {
    case 0: members[key] = nil
    case 1 where !others.isEmpty:
      let other = others[random.below(others.count)]
      members[other.key] = other.value
    case 2: members[key] = members[keys[random.below(keys.count)]]
    default: members[key] = members[key].map { changed($0, material) }
    }
    return .object(members)
  }

  private static let integers = [
    0, 1, -1, 2, 3, 5, 17, 255, 65536, 1 << 20, 1 << 31, 1 << 32, 1 << 40, 1 << 62, .max, .min, -2, -65536,
  ]
  private static let doubles = [0, -0.0, 0.5, -1, 1e-30, 1e30, 1e300, .infinity, -.infinity, .nan, 9.3e18, -9.3e18]
}

extension JSONValue {
  /// This value and those inside it.
  fileprivate var nodeCount: Int {
    switch self {
    case .array(let elements): elements.reduce(1) { $0 + $1.nodeCount }
    case .object(let members): members.values.reduce(1) { $0 + $1.nodeCount }
    default: 1
    }
  }

  /// The values inside, at any depth.
  fileprivate var parts: [JSONValue] {
    switch self {
    case .array(let elements): elements.flatMap { [$0] + $0.parts }
    case .object(let members): members.sorted { $0.key < $1.key }.flatMap { [$0.value] + $0.value.parts }
    default: []
    }
  }
}

/// SplitMix64.
struct SeededRandom {
  var state: UInt64

  mutating func below(_ count: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((bits ^ (bits >> 31)) % UInt64(max(count, 1)))
  }
}
