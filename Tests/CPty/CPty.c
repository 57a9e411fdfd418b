void cpty_placeholder(void) {}
