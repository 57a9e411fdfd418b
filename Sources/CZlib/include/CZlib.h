// zlib as it is. `deflateInit2` and `inflateInit2` are macros: call `deflateInit2_` / `inflateInit2_` from Swift.
#ifndef CZLIB_H
#define CZLIB_H
#include <zlib.h>
#endif
