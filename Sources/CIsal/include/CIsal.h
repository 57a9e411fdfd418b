// ISA-L's deflate, inflate and erasure code, and whether this processor has the vector units that make them worth while.
#ifndef CISAL_H
#define CISAL_H
#include <stdbool.h>
#include <isa-l/igzip_lib.h>
#include <isa-l/crc.h>
#include <isa-l/crc64.h>
#include <isa-l/erasure_code.h>

/// Whether ISA-L's fast paths run here: SSE 4.1 and carry-less multiply on x86-64, always on 64-bit ARM.
/// Elsewhere its portable C code is no better than zlib's, so zlib is used.
bool cisal_is_fast(void);
#endif
