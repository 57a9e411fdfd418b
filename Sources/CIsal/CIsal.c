#include "CIsal.h"

bool cisal_is_fast(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("pclmul");
#elif defined(__aarch64__)
    return true;
#else
    return false;
#endif
}
