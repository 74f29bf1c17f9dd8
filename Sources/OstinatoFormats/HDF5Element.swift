import CHDF5
import OstinatoTensors

/// How one element of a dataset lies in the file, and hence how it is read.
enum HDF5Element {
  /// IEEE half, single or double precision or bfloat16, which the library knows how to convert.
  case float
  /// A float32 whose lower half is left out, stored as two bytes that claim to be something else.
  case bfloat16
  /// An integer, or a bool, that always fits an int32.
  case narrowInteger
  /// An integer that may not fit an int32.
  case wideInteger

  /// The element of a dataset of type `type`; nil for a type that is no number.
  /// - Parameter isMarkedBFloat16: whether the dataset's `dtype` attribute says `bfloat16`, as Keras writes it.
  init?(type: hid_t, isMarkedBFloat16: Bool) {
    let size = H5Tget_size(type)
    switch H5Tget_class(type) {
    case let kind where isMarkedBFloat16 && size == 2 && (kind == H5T_INTEGER || kind == H5T_OPAQUE): self = .bfloat16
    case H5T_FLOAT where Self.isKnownFloat(type): self = .float
    case H5T_INTEGER where [1, 2, 4, 8].contains(size):
      let isNarrow = size < 4 || (size == 4 && H5Tget_sign(type) == H5T_SGN_2)
      self = isNarrow ? .narrowInteger : .wideInteger
    case H5T_ENUM where size == 1: self = .narrowInteger
    default: return nil
    }
  }

  /// Whether the bits of a float are laid out as one of the four formats that are in use.
  private static func isKnownFloat(_ type: hid_t) -> Bool {
    var (sign, exponent, exponentSize, mantissa, mantissaSize) = (0, 0, 0, 0, 0)
    guard H5Tget_fields(type, &sign, &exponent, &exponentSize, &mantissa, &mantissaSize) >= 0, mantissa == 0 else {
      return false
    }
    let layout = [H5Tget_size(type), sign, exponent, exponentSize, mantissaSize, H5Tget_ebias(type)]
    return [
      [2, 15, 10, 5, 10, 15], [2, 15, 7, 8, 7, 127], [4, 31, 23, 8, 23, 127], [8, 63, 52, 11, 52, 1023],
    ].contains(layout)
  }

  /// The type of the tensor's elements.
  var dataType: DataType {
    switch self {
    case .float, .bfloat16: .float32
    case .narrowInteger, .wideInteger: .int32
    }
  }
}
