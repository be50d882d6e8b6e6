/* The rate of the link: changed on trial, and that of the start again when nobody follows. */
#ifndef HARNESS_LINK_RATE_H
#define HARNESS_LINK_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* Talk at this rate from now on, on trial; 0 or the rate in use: change nothing. */
void link_rate_change(uint32_t rate);

/* A good frame came; one that `proves` the rate ends the trial. */
void link_rate_heard(bool proves);

/* A frame came damaged. */
void link_rate_damaged(void);

/* Is the trial over? Called whenever the link was waited for. */
void link_rate_watch(void);

#endif
