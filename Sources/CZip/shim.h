#pragma once
#include <stdbool.h>
#include <zip.h>

// The fields that a reader relies on; zip_stat_t marks in `valid` which of its fields it knows.
static inline bool ostinato_zip_stat_is_complete(const zip_stat_t *stat) {
  zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  return (stat->valid & needed) == needed;
}
