#pragma once
#include <hdf5.h>
#include <stdbool.h>

// libhdf5 names its constants through macros that open the library first, and several calls through macros that pick
// a version. Swift sees neither, so each gets a function here.

static inline unsigned ostinato_h5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned ostinato_h5_truncate(void) { return H5F_ACC_TRUNC; }
static inline hid_t ostinato_h5_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t ostinato_h5_link_creation(void) { return H5P_LINK_CREATE; }
static inline hid_t ostinato_h5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t ostinato_h5_native_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t ostinato_h5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t ostinato_h5_native_uint16(void) { return H5T_NATIVE_UINT16; }
static inline hid_t ostinato_h5_stored_float(void) { return H5T_IEEE_F32LE; }
static inline hid_t ostinato_h5_stored_int32(void) { return H5T_STD_I32LE; }
static inline hid_t ostinato_h5_c_string(void) { return H5T_C_S1; }
static inline size_t ostinato_h5_variable_length(void) { return H5T_VARIABLE; }

// Opening a file must not depend on a lock that a read-only or network file system cannot give.
static inline herr_t ostinato_h5_ignore_file_locks(hid_t access) {
#if H5_VERSION_GE(1, 10, 7)
  return H5Pset_file_locking(access, false, true);
#else
  return 0;
#endif
}

// Whether the link `name` of `group` is a hard link: 1, or 0 for a soft, external or user-defined one; -1 without one.
static inline int ostinato_h5_link_is_hard(hid_t group, const char *name) {
  H5L_info_t info;
  if (H5Lexists(group, name, H5P_DEFAULT) <= 0) return -1;
  if (H5Lget_info(group, name, &info, H5P_DEFAULT) < 0) return -1;
  return info.type == H5L_TYPE_HARD;
}

// Frees the variable-length strings that H5Aread has put into `buffer`.
static inline herr_t ostinato_h5_reclaim(hid_t type, hid_t space, void *buffer) {
#if H5_VERSION_GE(1, 12, 0)
  return H5Treclaim(type, space, H5P_DEFAULT, buffer);
#else
  return H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer);
#endif
}
