// OpenSSL's digest interface: SHA-256 with the processor's own instructions where it has them.
#ifndef CCRYPTO_H
#define CCRYPTO_H
#include <openssl/evp.h>
#endif
