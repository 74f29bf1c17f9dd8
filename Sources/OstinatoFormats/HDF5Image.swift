import CHDF5
import OstinatoTensors

/// An HDF5 file that lies in memory, lent to the library's core driver without a copy.
///
/// The driver asks for memory through callbacks. Each of them hands out the image itself, so what the driver believes
/// to be its own copy is the caller's bytes. That is sound because the file is opened for reading only and `bytes`
/// outlives it.
enum HDF5Image {
  /// Makes the file access list `access` open `bytes`.
  static func lend(_ bytes: PinnedBytes, to access: hid_t) -> Bool {
    let base = UnsafeMutableRawPointer(mutating: bytes.bytes.baseAddress)
    var callbacks = H5FD_file_image_callbacks_t(
      image_malloc: { _, _, image in image },
      image_memcpy: { target, source, _, _, image in target == image && source == UnsafeRawPointer(image) ? target : nil
      },
      image_realloc: { _, _, _, _ in nil },
      image_free: { _, _, _ in 0 },
      udata_copy: { $0 },
      udata_free: { _ in 0 },
      udata: base
    )
    let growth = 1 << 16
    return H5Pset_fapl_core(access, growth, false) >= 0
      && H5Pset_file_image_callbacks(access, &callbacks) >= 0
      && H5Pset_file_image(access, base, bytes.bytes.count) >= 0
  }
}
