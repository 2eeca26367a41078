// A clock that a test shifts under a running redis-server, which asks gettimeofday for the time of day. Preloaded; the
// shift is the first eight bytes of a file, in microseconds.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static volatile const int64_t *shift_us = MAP_FAILED;

__attribute__((constructor)) static void find_shift(void) {
  int file = open(getenv("SHIFTED_CLOCK"), O_RDONLY);
  shift_us = mmap(NULL, sizeof *shift_us, PROT_READ, MAP_SHARED, file, 0);
  // Without it the test would prove nothing.
  if (shift_us == MAP_FAILED) abort();
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t us = now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
  if (shift_us != MAP_FAILED) us += *shift_us;
  time->tv_sec = us / 1000000;
  time->tv_usec = us % 1000000;
  return 0;
}
