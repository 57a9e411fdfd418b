// OpenSSL's digest interface: SHA-256 with the processor's own instructions where it has them, HMAC over it, random keys.
#ifndef CCRYPTO_H
#define CCRYPTO_H
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#endif
