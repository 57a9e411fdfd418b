// Shared by the C files of this module only.
#ifndef CNC_INTERNAL_H
#define CNC_INTERNAL_H
#include "CNcurses.h"

/// The descriptor of the terminal, -1 when it is not ours. Read by signal handlers.
extern volatile int cnc_terminal_descriptor;

// signals.c
bool cnc_prepare_wake(void);
void cnc_catch_signals(void);
void cnc_release_signals(void);
/// What a crash handler writes to the terminal, and the modes it puts back.
void cnc_prepare_restore(bool mouse);

void cnc_remember_modes(void);

// diagnostics.c: what the process writes to standard error while the screen is in use
void cnc_hold_diagnostics(void);
/// Async-signal-safe.
void cnc_release_diagnostics(void);
/// Keeps what is held small.
void cnc_bound_diagnostics(void);
#endif
